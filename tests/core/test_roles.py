import pytest

from callscope.core.permissions import PERMISSIONS, Scope
from callscope.core.roles import Role, role_of_permissions


def test_each_role_grants_what_the_one_below_it_does_and_more() -> None:
    for lower, higher in zip(Role, list(Role)[1:], strict=False):
        assert lower.permissions < higher.permissions
        assert higher.includes(lower)
        assert not lower.includes(higher)


def test_a_viewer_changes_nothing_and_an_owner_lacks_nothing() -> None:
    assert Role.VIEWER.permissions == {one for one in PERMISSIONS if Scope.READ.grants(one)}
    assert Role.OWNER.permissions == PERMISSIONS


@pytest.mark.parametrize(
    ("granted", "role"),
    [
        (PERMISSIONS, Role.ADMIN),
        (PERMISSIONS - {"webhook:create"}, Role.MEMBER),
        (PERMISSIONS - {"call:update"}, Role.VIEWER),
        (Role.VIEWER.permissions, Role.VIEWER),
        (frozenset({"call:read"}), Role.VIEWER),
    ],
)
def test_a_key_stands_for_the_highest_role_that_it_covers(granted: frozenset[str], role: Role) -> None:
    assert role_of_permissions(granted) is role
