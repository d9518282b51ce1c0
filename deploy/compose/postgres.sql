-- Carried out by the image of PostgreSQL when the database is new.

\set migrate `cat /run/secrets/countersign/migrate`
\set recorder `cat /run/secrets/countersign/recorder`
CREATE ROLE migrate LOGIN PASSWORD :'migrate';
CREATE ROLE recorder LOGIN PASSWORD :'recorder';
CREATE DATABASE countersign OWNER migrate;
REVOKE ALL ON DATABASE countersign FROM PUBLIC;
GRANT CONNECT ON DATABASE countersign TO recorder;

\connect countersign
-- Recorder reads and writes what migrate has made, and can neither make, change nor drop a table.
GRANT USAGE ON SCHEMA public TO recorder;
ALTER DEFAULT PRIVILEGES FOR ROLE migrate IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO recorder;
ALTER DEFAULT PRIVILEGES FOR ROLE migrate IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO recorder;
