-- Carried out by the image of PostgreSQL when the database is new.

\set migrate `cat /run/secrets/countersign/migrate`
\set recorder `cat /run/secrets/countersign/recorder`
CREATE ROLE migrate LOGIN PASSWORD :'migrate';
CREATE ROLE recorder LOGIN PASSWORD :'recorder';
CREATE DATABASE countersign OWNER migrate;
REVOKE ALL ON DATABASE countersign FROM PUBLIC;
GRANT CONNECT ON DATABASE countersign TO recorder;

\connect countersign
-- Recorder reads and writes what migrate has made, and can neither change nor drop a table. To look which steps
-- there are, it asks for their table to be created if there is none, and that needs CREATE.
GRANT USAGE, CREATE ON SCHEMA public TO recorder;
ALTER DEFAULT PRIVILEGES FOR ROLE migrate IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO recorder;
ALTER DEFAULT PRIVILEGES FOR ROLE migrate IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO recorder;
