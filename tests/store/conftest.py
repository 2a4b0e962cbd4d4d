from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from planaria.store.sqlite import SqliteStore


class Noon:
    def now(self) -> float:
        return 43200.0


@pytest.fixture
def noon() -> Noon:
    return Noon()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store in which the cells `a` and `b` have tables, made without migrations."""
    from contextlib import closing

    from planaria.store.connection import connect

    path = tmp_path / "store.sqlite"
    with closing(connect(path).connection) as connection:
        connection.execute(
            """
            create table a__item (id integer primary key, name text unique);
            create table a__part (id integer primary key, item integer references a__item(id) deferrable initially deferred);
            create virtual table a__text using fts5(words);
            create table b__item (id integer primary key autoincrement, name text unique);
            insert into a__item values (1, 'one');
            insert into b__item values (1, 'secret');
            """
        )
    opened = SqliteStore.open(path)
    yield opened
    await opened.close()
