"""A bill of materials joins what is installed with the hashes of its lock; tests/requirements makes a real one."""

from typing import Any

import pytest
from release.sbom import joined, licensed

from release import ReleaseError

HOME = {"type": "website", "url": "https://piccolo.example/"}
HASHED = {"type": "distribution", "url": "https://index.example/", "hashes": [{"alg": "SHA-256", "content": "ab" * 32}]}


def bill(**components: Any) -> dict[str, Any]:  # noqa: ANN401 (as JSON is)
    named = {"name": "Piccolo.Orm", "version": "1.38", "licenses": [{"license": {"id": "MIT"}}]}
    return {"bomFormat": "CycloneDX", "components": [{**named, **components}]}


def test_a_component_keeps_its_licence_and_gets_the_hashes_of_the_lock() -> None:
    made = joined(bill(externalReferences=[HOME]), bill(name="piccolo-orm", licenses=[], externalReferences=[HASHED]))
    assert made["bomFormat"] == "CycloneDX"
    (component,) = made["components"]
    assert component["name"] == "Piccolo.Orm"
    assert component["licenses"] == [{"license": {"id": "MIT"}}]
    assert component["externalReferences"] == [HOME, HASHED]


@pytest.mark.parametrize(
    "locked",
    [
        bill(version="1.39", externalReferences=[HASHED]),
        bill(name="other", externalReferences=[HASHED]),
        bill(externalReferences=[HOME]),
        bill(),
    ],
    ids=["another version", "another name", "no hash", "no reference"],
)
def test_what_the_lock_does_not_vouch_for_is_no_part_of_a_bill(locked: dict[str, Any]) -> None:
    with pytest.raises(ReleaseError, match=r"no hash for Piccolo\.Orm 1\.38"):
        joined(bill(), locked)


def test_a_licence_in_words_is_taken_where_there_is_no_other() -> None:
    fields = {"Piccolo.Orm": "The MIT License\n\nPermission is hereby granted"}
    (component,) = licensed(bill(licenses=[]), fields)["components"]
    assert component["licenses"] == [{"license": {"name": "The MIT License", "acknowledgement": "declared"}}]
    (component,) = licensed(bill(), fields)["components"]
    assert component["licenses"] == [{"license": {"id": "MIT"}}]
    assert licensed(bill(licenses=[]), {"Piccolo.Orm": ""}) == bill(licenses=[])
