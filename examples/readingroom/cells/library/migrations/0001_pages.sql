-- up
CREATE TABLE library__page (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    links TEXT NOT NULL,   -- JSON array of addresses
    words INTEGER NOT NULL,
    print TEXT NOT NULL    -- fingerprint of the whole page: the same page again changes nothing
);
CREATE TABLE library__passage (
    id INTEGER PRIMARY KEY,
    page INTEGER NOT NULL,
    position INTEGER NOT NULL,
    anchor TEXT NOT NULL,
    heading TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (page, position)
);
CREATE VIEW library__reading AS
    SELECT passage.id AS id, page.title AS title, passage.heading AS heading, passage.text AS text
    FROM library__passage AS passage JOIN library__page AS page ON page.id = passage.page;
-- The index holds no second copy of the text; the triggers keep it true for whatever implementation writes the tables.
CREATE VIRTUAL TABLE library__index USING fts5(
    title, heading, text, content='library__reading', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
CREATE TRIGGER library__passage_added AFTER INSERT ON library__passage BEGIN
    INSERT INTO library__index (rowid, title, heading, text)
    SELECT id, title, heading, text FROM library__reading WHERE id = new.id;
END;
CREATE TRIGGER library__passage_removed BEFORE DELETE ON library__passage BEGIN
    INSERT INTO library__index (library__index, rowid, title, heading, text)
    SELECT 'delete', id, title, heading, text FROM library__reading WHERE id = old.id;
END;

-- down
DROP TRIGGER library__passage_removed;
DROP TRIGGER library__passage_added;
DROP TABLE library__index;
DROP VIEW library__reading;
DROP TABLE library__passage;
DROP TABLE library__page;
