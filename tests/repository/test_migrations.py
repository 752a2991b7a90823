"""Migrations that were released are never edited: a database that has run one would not notice, and differ for ever."""

import pytest

from hireloop.migrate.digests import digest_of
from hireloop.migrate.schema import expected
from repository.files import ROOT

# Of each released migration: the digest of its app's name, its ID and its statements. Lines are only ever added here.
RELEASED = {
    "api_2026_11_29t12_00_00_000000": "e661b6469983780822cc3efd6b913501208b874b2ff42d74da5958e970135a5d",
    "api_2026_11_29t21_10_00_000000": "8877aea616665ce1a9b9a61403b3e74da3269ac53ae166a4ce8e2ded43700e50",
    "api_2026_11_29t21_20_00_000000": "cab92787a0adeb79f8aa7dbe60df9f030c145e660ca772ad486ebc00214e9391",
    "notify_2026_11_29t12_00_00_000000": "14fb2529aa2cca9e5ab896c9fa5e0bf57dc572952eb7040470696c43d86348e2",
    "notify_2026_11_29t14_00_00_000000": "79c99da05a4b6566f9fdc10d5e0fe8aceca9664102fcafe9932e688e5cca5284",
    "notify_2026_11_29t14_10_00_520000": "142aa2bcf7f854022b02e87c583c707bcf2e4f5f775d84beb536aaacd19eb35e",
    "notify_2026_11_29t15_00_00_000000": "aa66a7cce680880c2e2964c00b51165537c8e5687082bc2ee336a7299f936f93",
    "notify_2026_11_29t16_00_00_000000": "7b94e797bf9e3152705e6a37afc664f9c3c3a8d1eaa65ba35261c1fcb9943f87",
    "notify_2026_11_29t17_00_00_000000": "14ec653630f26e88ae3b2a4e0145eedb0da66914fdf212a628dd11d771154fd1",
    "notify_2026_11_29t18_00_00_000000": "4a9bac8f816786d13a856123013cfb341e5908ebff4996f807253dd91b8215b2",
    "notify_2026_11_29t20_00_00_000000": "972177065ae4979033006996e54d298c1cd68bf039a3fce2241d84d1d792b23b",
    "notify_2026_11_29t21_20_00_000000": "ee96f8b783793e3c3bf240fd816ab993d188bd214a1195c16c25f28e64a15177",
    "notify_2026_11_29t21_30_00_000000": "ec9ef137bc8e144fe4e93cbc9869749a624943c6a84995ad430786c88e71f244",
    "notify_2026_11_30t02_00_00_000000": "ae07eb93315544b0b226b03e2f7f887174ffe8ec7fafb636925ab61218cc8f8c",
    "notify_2026_11_30t01_10_00_000000": "66695f8c5316a8657e1b90db684b2b82fb42c69008e5f0ffce9a2d71ae2224c3",
    "scheduling_2026_11_29t12_00_00_000000": "2779b852984d63369a377f82db801423ebf7ecaebab21544b83b4402b008e54a",
    "scheduling_2026_11_29t14_00_00_000000": "edf596fb97c38e6fa6abce64b65ed9cff34262783c7e14219284f3b140ad04d2",
    "scheduling_2026_11_29t21_00_00_000000": "3c886d5fff2dfb1d47b9d834cee3c47399a05e9516955b0ddf8e74560df0ca54",
    "scheduling_2026_11_29t22_00_00_000000": "044ce508b92d78d17951a30491bca9da38e86dc0febbe7025734bf3d2134f6a4",
    "scheduling_2026_11_30t01_00_00_000000": "da2301624fd72f8bb44c91be6746c7e083d7991a95ea2d3048d2ab0924e0e23f",
    "scheduling_2026_11_30t17_00_00_000000": "7fd36f6f0ef0a4ae5338d77e787cd5b613ed0eea8a21ccad954c6ea03199ece1",
    "scheduling_2026_11_30t18_00_00_000000": "84b4c398b266ce16aa377364e522be1083477a8e3b8eab9ca7c5e02a5eb3511a",
    "scheduling_2026_11_30t18_30_00_000000": "d07cab526ef230beae268cf5ba73438dd8a3c1eaee7cf6d9bd7f41ef4a0cc581",
    "scheduling_2026_11_30t20_00_00_000000": "9ceaadbf811e08316901f6442252ff837aa46f4d079a2c3b342c18b3c759e913",
}


MODULES = sorted(
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for path in ROOT.glob("src/hireloop/*/migrations/[a-z]*.py")
)


@pytest.mark.parametrize("module", MODULES)
def test_a_released_migration_is_what_it_was(module: str) -> None:
    assert digest_of(module) == RELEASED[module.rpartition(".")[2]]


def test_every_released_migration_is_still_there() -> None:
    assert {module.rpartition(".")[2] for module in MODULES} == set(RELEASED)


def test_the_file_that_databases_are_compared_with_has_these_digests() -> None:
    assert sorted(expected().migrations.values()) == sorted(RELEASED.values())
