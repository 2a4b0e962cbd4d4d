-- up
CREATE TABLE cart__line (visitor TEXT NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (visitor, sku)) STRICT;
-- down
DROP TABLE cart__line;
