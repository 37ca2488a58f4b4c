import pytest
from tests.e2e.conftest import *
pytestmark = pytest.mark.browser
@pytest.mark.parametrize(("width","theme"),[(1280,"light"),(390,"light"),(1280,"dark"),(390,"dark")])
def test_shot(visit, width, theme):
    seen = visit("analyst", width=width, theme=theme, purpose="核对亩均评价")
    seen.open("/land/map/")
    seen.page.locator("parcel-map[data-state=ready]").wait_for(state="attached")
    seen.page.wait_for_timeout(700)
    box = seen.page.locator(".jq-parcel-canvas")
    box.focus(); 
    for k in ["ArrowRight","ArrowRight","Enter","+","+","+","+"]: seen.page.keyboard.press(k)
    seen.page.wait_for_timeout(700)
    seen.picture(f"tmp-map-{width}-{theme}-zoom")
    seen.page.keyboard.press("0")
    seen.page.locator("[data-do=lasso]").click()
    b = box.bounding_box()
    seen.page.mouse.move(b["x"]+b["width"]*.2,b["y"]+b["height"]*.2); seen.page.mouse.down()
    for x,y in ((.6,.2),(.6,.7),(.2,.7)): seen.page.mouse.move(b["x"]+b["width"]*x,b["y"]+b["height"]*y,steps=4)
    seen.page.wait_for_timeout(200)
    seen.picture(f"tmp-map-{width}-{theme}-lasso")
    seen.page.mouse.up()
    seen.page.wait_for_timeout(400)
    print(seen.page.locator("[role=status]").all_inner_texts())
    seen.picture(f"tmp-map-{width}-{theme}")
    print(seen.wrong, seen.violations())
