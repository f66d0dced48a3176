"""For pytest on the stand-in: what only a card can run is skipped, and says why."""

import pytest

from . import launcher


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and launcher.refused:
        where = (str(item.path), item.location[1], f"the stand-in cannot run {launcher.refused[-1]}")
        report.outcome, report.longrepr = "skipped", where
    launcher.refused.clear()
    return report
