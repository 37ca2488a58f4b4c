"""What people do with the audit log: read it, search it, export it, verify it, prove a part of it.

The log itself is ``jiqun.core.audit``, which everything that writes depends on.
"""
