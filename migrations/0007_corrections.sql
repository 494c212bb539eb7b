-- Why a charge was corrected. `basis` is what the row was computed from, as JSON, so that the next
-- row of the session can say what is different; the other two say it in words, for the invoice.

ALTER TABLE charges
    ADD COLUMN basis    text,
    ADD COLUMN reason   text,  -- null: the session's first row
    ADD COLUMN evidence text;
