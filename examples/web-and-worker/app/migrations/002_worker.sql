ALTER TABLE job ADD COLUMN worker TEXT;
CREATE INDEX job_waiting ON job (id) WHERE words IS NULL;
INSERT INTO job (text) VALUES ('the first job comes with the schema');
