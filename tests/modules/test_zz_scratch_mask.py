import time
from dataclasses import replace
import numpy as np, pytest
from tests.modules.test_chain_compute import inputs, activity
from jiqun.modules.chain.masking import masking
from tests.modules.test_chain_masking import PARAMS
@pytest.mark.parametrize("n,share",[(700,.4),(700,.01),(1000,.6)])
def test_x(n,share):
    r=np.random.default_rng(1); size=np.exp(r.normal(12,2,n)).round(); few=r.random(n)<share
    few[0]=True
    codes=tuple(f"c{i}" for i in range(n)); F=np.zeros(n,bool)
    if share<.02: size[few]=0; size[0]=1e6; few[1:]=False
    a=activity(codes=codes,names_zh=codes,names_en=codes,in_scope=np.ones(n,bool),size=size,low=size,high=size,hidden=F,evident=F,count=np.where(few,2.,20.),place_total=float(size.sum()))
    i=replace(inputs(),activity=a,links=None)
    rows=[{"kind":"leading","code":c,"members":[c]} for c in codes[1:40]]
    t=time.time(); m=masking(i,rows,PARAMS); print(n,share,few.sum(),"s",round(time.time()-t,2),m["withheld"],len(m["industries"]))
