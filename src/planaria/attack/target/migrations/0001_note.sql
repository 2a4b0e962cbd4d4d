-- up
create table target__note (text text not null);
-- down
drop table target__note;
