-- What nobody's key did, and what strangers' keys tried, of one model: each by itself, so that
-- however much strangers try, it is not read for what the catalogue said.
CREATE INDEX facts_of_nobody ON facts (instance_hash(account_id, model), key)
    WHERE account_id IS NULL;
