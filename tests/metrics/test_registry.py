import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from callscope.metrics import checks, registry
from callscope.metrics.timing import call_duration

PLUGIN = Path(__file__).parents[1] / "support" / "metric_plugin"


def entry_point(value: str) -> EntryPoint:
    return EntryPoint(name="tested", value=value, group=registry.ENTRY_POINT_GROUP)


def test_every_module_of_a_family_folder_is_in_the_catalogue() -> None:
    package = Path(registry.__file__).parent
    families = [path for path in package.iterdir() if path.name not in registry.NO_FAMILIES]
    written = {path.stem for family in families for path in family.glob("*.py") if path.stem != "__init__"}
    modules = {definition.slug for definition in registry.load(()) if definition.family != checks.FAMILY}
    assert modules == written


def test_the_catalogue_is_ordered_and_found_by_slug() -> None:
    catalogue = registry.definitions()
    assert [(each.family, each.slug) for each in catalogue] == sorted((each.family, each.slug) for each in catalogue)
    assert registry.get("call_duration") is call_duration.METRIC


def test_wire_ids_are_the_same_on_every_installation() -> None:
    assert str(registry.get("response_time").id) == "2e8ea986-a637-5645-9041-09965809ec9e"
    assert len({each.id for each in registry.definitions()}) == len(registry.definitions())


def test_an_unknown_slug_is_named() -> None:
    with pytest.raises(registry.MetricNotFound, match="no_such_metric"):
        registry.get("no_such_metric")


def test_a_plug_in_may_not_take_a_built_in_slug() -> None:
    clash = entry_point("callscope.metrics.timing.call_duration:METRIC")
    with pytest.raises(registry.BrokenCatalogue, match="'call_duration' is claimed by both"):
        registry.load([clash])


def test_a_plug_in_that_brings_something_else_is_named() -> None:
    with pytest.raises(registry.BrokenCatalogue, match=r"'tested'.*is no MetricDefinition"):
        registry.load([entry_point("pathlib:Path")])


def test_a_family_module_without_a_metric_is_named() -> None:
    with pytest.raises(registry.BrokenCatalogue, match=r"callscope\.metrics\.timing\.stray .* defines no METRIC"):
        registry._definition_of(ModuleType("callscope.metrics.timing.stray"))


def test_a_module_must_bear_the_name_of_its_metric() -> None:
    misnamed = ModuleType("callscope.metrics.timing.length")
    misnamed.METRIC = call_duration.METRIC  # type: ignore[attr-defined] # a module made for the test
    with pytest.raises(registry.BrokenCatalogue, match="must define family 'timing' and slug 'length'"):
        registry._definition_of(misnamed)


def test_an_installed_plug_in_package_adds_its_metric(tmp_path: Path) -> None:
    """The package's own metadata makes it found; a fresh process makes sure nothing was found before."""
    metadata = tmp_path / "metric_plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: metric-plugin\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[callscope.metrics]\nwhispers = metric_plugin.catalogue:METRICS\n")
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from callscope.metrics import registry\n"
        "from callscope.metrics.example import EXAMPLE\n"
        "from callscope.metrics.runner import compute\n"
        "print(registry.get('agent_turn_share').family)\n"
        "print(*[value.value for value in compute(EXAMPLE) if value.slug == 'agent_turn_share'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), str(PLUGIN)], capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines(), done.stderr) == (["plugged_in", str(5 / 10)], "")
