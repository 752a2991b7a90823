from pathlib import Path

import generate_python

MEND = "make client"


def files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.py")}


def test_the_client_is_what_the_document_makes_of_it(tmp_path: Path) -> None:
    fresh = tmp_path / "hireloop_client"
    generate_python.generate(fresh)
    ours, made = files(generate_python.PACKAGE), files(fresh)
    assert len(made) > 100
    assert sorted(ours) == sorted(made), MEND
    stale = [name for name in made if made[name] != ours[name]]
    assert stale == [], MEND
