with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    surviving_attributes as (select * from {{ ref("int_surviving_attributes") }}),

    counted as (

        select
            identities.customer_id,
            min(customer_records.created_at) as created_at,
            max(customer_records.updated_at) as updated_at,
            count(*) as record_count,
            max(
                case when customer_records.source = 'shop' then 1 else 0 end
            ) as in_shop,
            max(
                case when customer_records.source = 'loyalty' then 1 else 0 end
            ) as in_loyalty,
            max(case when customer_records.source = 'crm' then 1 else 0 end) as in_crm
        from customer_records
        inner join identities on customer_records.record_id = identities.record_id
        group by identities.customer_id

    ),

    merged as (

        select
            counted.customer_id,
            surviving_attributes.email,
            surviving_attributes.email_source,
            surviving_attributes.given_name,
            surviving_attributes.surname,
            surviving_attributes.phone,
            surviving_attributes.postal_code,
            surviving_attributes.country,
            surviving_attributes.birthdate,
            counted.created_at,
            counted.updated_at,
            counted.record_count,
            substr(
                case when counted.in_shop = 1 then ', shop' else '' end
                || case when counted.in_loyalty = 1 then ', loyalty' else '' end
                || case when counted.in_crm = 1 then ', crm' else '' end,
                3
            ) as sources
        from counted
        inner join
            surviving_attributes
            on counted.customer_id = surviving_attributes.customer_id

    )

select *
from merged
