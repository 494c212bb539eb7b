-- An instance is one account's session, whichever accounts' keys report it: each fold asks who else
-- has a session of the same instance.
CREATE INDEX sessions_of_instance ON sessions (upstream, model, created);
