CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    words INTEGER
);
