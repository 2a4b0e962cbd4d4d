-- up
CREATE TABLE account__account (name TEXT PRIMARY KEY, cents INTEGER NOT NULL, entries INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE account__entry (
    account TEXT NOT NULL, number INTEGER NOT NULL, cents INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (account, number)
) WITHOUT ROWID;
-- down
DROP TABLE account__entry;
DROP TABLE account__account;
