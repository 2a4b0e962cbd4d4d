-- up
create table neighbour__secret (word text not null);
-- down
drop table neighbour__secret;
