-- The same usage rows for COPY: charges of the issued invoices, the price from the line of each.
SELECT s.amount AS "BilledCost", h.account_id AS "BillingAccountId", h.account AS "BillingAccountName",
    h.currency AS "BillingCurrency", '2026-11-01T00:00:00Z' AS "BillingPeriodEnd",
    '2026-10-01T00:00:00Z' AS "BillingPeriodStart", 'Usage' AS "ChargeCategory",
    CASE h.kind WHEN 'adjustment' THEN 'Correction' END AS "ChargeClass",
    'Inference on ' || s.model AS "ChargeDescription", 'Usage-Based' AS "ChargeFrequency",
    to_char(date_bin('1 second', s.ends_at + interval '999999 microseconds', '2000-01-01T00:00:00Z'),
            'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "ChargePeriodEnd",
    to_char(s.starts_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "ChargePeriodStart",
    trim_scale(s.gb::numeric * s.used_seconds * s.concurrency) AS "ConsumedQuantity",
    'GiB-Seconds' AS "ConsumedUnit", s.amount AS "ContractedCost",
    h.unit_price AS "ContractedUnitPrice", s.amount AS "EffectiveCost", h.number AS "InvoiceId",
    h.issuer ->> 'name' AS "InvoiceIssuerName", s.amount AS "ListCost",
    h.unit_price AS "ListUnitPrice", 'Standard' AS "PricingCategory",
    s.gb_seconds AS "PricingQuantity", 'GiB-Seconds' AS "PricingUnit",
    h.issuer ->> 'name' AS "ProviderName", h.issuer ->> 'name' AS "PublisherName",
    s.session_id AS "ResourceId", s.model AS "ResourceName", 'Model Instance' AS "ResourceType",
    'AI and Machine Learning' AS "ServiceCategory", 'Model Inference' AS "ServiceName",
    'Machine Learning' AS "ServiceSubcategory", 'model-inference' AS "SkuId",
    'Reserved GPU Memory' AS "SkuMeter", NULL AS "SkuPriceDetails", s.plan AS "SkuPriceId",
    '{"tollgate/key": "' || s.key || '"}' AS "Tags", s.seconds AS "x_BillableSeconds",
    s.concurrency AS "x_Concurrency", s.runs AS "x_Inferences", s.estimated AS "x_IsEstimated",
    s.gb::numeric AS "x_MemoryGiB", s.ends_at AS "x_UsageEnd", s.starts_at AS "x_UsageStart",
    s.used_seconds AS "x_UsedSeconds"
FROM (SELECT i.number, i.account_id, i.currency, d.account, d.issuer, l.*
      FROM invoices i, json_to_record(i.document::json) AS d(account text, issuer json, lines json),
          json_to_recordset(d.lines) AS l(kind text, model text, plan text, period text,
              unit_price numeric)
      WHERE i.month = '2026-10') h
    JOIN invoice_batches b ON b.number = h.number AND b.period = h.period
    JOIN charges s ON (s.account_id, s.period, s.batch) = (b.account_id, b.period, b.batch)
        AND (s.model, s.plan) = (h.model, h.plan)
