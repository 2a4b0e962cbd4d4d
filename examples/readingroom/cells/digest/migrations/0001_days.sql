-- up
CREATE TABLE digest__page (
    day TEXT NOT NULL,     -- ISO date
    address TEXT NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (day, address)
) WITHOUT ROWID;
CREATE TABLE digest__count (
    day TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('section', 'word')),
    name TEXT NOT NULL,
    PRIMARY KEY (day, kind, name, address)
) WITHOUT ROWID;
CREATE INDEX digest__count_of_page ON digest__count (day, address);

-- down
DROP TABLE digest__count;
DROP TABLE digest__page;
