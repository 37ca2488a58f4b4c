"""chain (产业链): what the county's chain is, what is missing or weak in it, and who makes what.

For officials and analysts of the leading bureau, and for firms that look for makers nearby.

Terms: leading tier 主导, supporting tier 配套, potential tier 潜力; fill 补链 (a maker is missing),
strengthen 强链 (present but weak), extend 延链 (further downstream, higher value added), secure 固链
(one maker only); coverage 配套覆盖率; undisclosed 未披露 (withheld by the statistical rule, which is
never read as absent).
"""
