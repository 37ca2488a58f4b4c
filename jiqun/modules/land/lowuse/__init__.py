"""Low-efficiency land (低效用地): which parcels, why, what is done about each, and for which gaps.

``facts`` gathers what is known of a parcel, ``findings`` screens (``jiqun run lowuse``), ``trial``
tries other thresholds, ``portfolio`` matches land that could be released with gaps of the chain.
``actions`` and ``cases`` keep one file per parcel (一地一档), whose states are ``states.lowuse``.

Terms: 低效 low-efficient; 待定 undetermined: a fact is missing; 腾出 released; 盘活方式 the way to
use a parcel better.
"""
