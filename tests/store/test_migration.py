import pytest

from planaria.store.error import MigrationsWrong
from planaria.store.migration import Applied, make_plan, migrations_in

WHOLE = "-- up\ncreate table a__x (id);\n-- down\ndrop table a__x;\n"


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        for name, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            (tmp_path / f"{name}.sql").write_bytes(data)
        return tmp_path

    return write


def write(folder, names, text=WHOLE):
    return folder(**dict.fromkeys(names, text))


def problems(directory, applied=(), *, to=None):
    with pytest.raises(MigrationsWrong) as caught:
        make_plan("a", directory, applied, to=to)
    return caught.value.facts["problems"]


def test_a_folder_that_is_missing_has_no_migrations(tmp_path):
    assert migrations_in("a", tmp_path / "none") == ()


def test_reads_sections_whatever_the_line_ends_and_the_remarks(folder):
    text = "-- why this is so\n--  up \nselect 1;\n-- up and away\n--down\nselect 2;\n"
    directory = folder(**{"0001_x": text, "0002_y": text.replace("\n", "\r\n")})
    first, second = migrations_in("a", directory)
    assert (first.up.strip(), first.down.strip()) == ("select 1;\n-- up and away", "select 2;")
    assert first.digest == second.digest
    assert [one.file for one in (first, second)] == ["0001_x.sql", "0002_y.sql"]


BROKEN = {
    "only_up": "-- up\nselect 1;\n",
    "only_down": "-- down\nselect 1;\n",
    "turned": "-- down\nselect 1;\n-- up\nselect 2;\n",
    "twice": "-- up\nselect 1;\n-- up\nselect 1;\n-- down\nselect 1;\n",
    "empty_down": "-- up\nselect 1;\n-- down\n-- nothing\n",
    "empty_up": "-- up\n/* nothing */\n-- down\nselect 1;\n",
    "before": "select 0;\n-- up\nselect 1;\n-- down\nselect 1;\n",
    "bytes": b"-- up\n\xff\n-- down\nselect 1;\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_refuses_a_file_without_its_two_sections(folder, text):
    (told,) = problems(write(folder, ["0001_x"], text))
    assert told.startswith("0001_x.sql: ")


@pytest.mark.parametrize("names", [["0002_x"], ["0001_x", "0003_y"], ["0001_x", "0001_y"], ["0000_x", "0001_y"]])
def test_refuses_gaps_and_doubles_in_the_numbers(folder, names):
    (told,) = problems(write(folder, names))
    assert "without gaps" in told


def test_tells_all_problems_at_once(folder):
    directory = folder(**{"1_x": WHOLE, "0001_x": "select 1", "0003_z": WHOLE})
    assert len(problems(directory)) == 3


def applied(directory, count):
    return tuple(
        Applied(number=one.number, name=one.name, digest=one.digest, applied_at=0.0) for one in migrations_in("a", directory)[:count]
    )


def test_plans_the_way_up_and_the_way_back(folder):
    directory = write(folder, ["0001_x", "0002_y", "0003_z"])
    up = make_plan("a", directory, applied(directory, 1))
    assert ([one.number for one in up.steps], up.at, up.to, up.back) == ([2, 3], 1, 3, False)
    back = make_plan("a", directory, applied(directory, 3), to=1)
    assert ([one.number for one in back.steps], back.back) == ([3, 2], True)
    assert make_plan("a", directory, applied(directory, 3)).steps == ()
    assert [one.number for one in make_plan("a", directory, (), to=2).steps] == [1, 2]


@pytest.mark.parametrize("to", [-1, 4])
def test_refuses_a_number_that_does_not_exist(folder, to):
    (told,) = problems(write(folder, ["0001_x"]), to=to)
    assert f"no migration {to}" in told


def test_refuses_an_applied_migration_that_changed_or_vanished(folder):
    directory = write(folder, ["0001_x", "0002_y"])
    before = applied(directory, 2)
    (directory / "0001_x.sql").write_text(WHOLE.replace("id", "key"))
    (directory / "0002_y.sql").unlink()
    changed, vanished = problems(directory, before)
    assert "has changed since" in changed
    assert "0002_y.sql was applied and has vanished" in vanished
