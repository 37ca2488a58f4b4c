from tests.modules.permu.town24 import *


def test_way(permu):
    b = permu.announced()
    print(b.state)
    from jiqun.modules.land.batch.computing import rows_of
    from jiqun.modules.land.batch.measures.applying import final_run, measure_rows

    print(rows_of(permu.store, final_run(b)).select("firm", "grade", "total", "rank"))
    import datetime as dt

    for r in measure_rows(permu.store, b, dt.date(2026, 11, 30)):
        print(r)
    assert 0
