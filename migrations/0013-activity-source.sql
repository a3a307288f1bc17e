-- Whose world brought it, as rows of people and publications say it; null: it was seen here. What was done without
-- login, at home or in a search, names nobody and nothing by which it could be taken away with its world.
alter table activity add column source text;
