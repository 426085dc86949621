with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    suppressions as (select * from {{ ref("stg_legal__suppressions") }}),

    keys as (

        select record_id, 'email' as key_type, email_key as key_value
        from customer_records

        union all

        select record_id, 'shop_customer' as key_type, shop_customer_number as key_value
        from customer_records

        union all

        select record_id, 'loyalty_card' as key_type, loyalty_card_number as key_value
        from customer_records

        union all

        select record_id, 'crm_contact' as key_type, crm_contact_id as key_value
        from customer_records

    ),

    suppressed_keys as (

        select distinct
            key_type,
            case
                when key_type = 'email'
                then {{ hubspot_sync.email_key("key_value") }}
                else key_value
            end as key_value
        from suppressions

    ),

    suppressed as (

        select distinct identities.customer_id
        from keys
        inner join
            suppressed_keys
            on keys.key_type = suppressed_keys.key_type
            and keys.key_value = suppressed_keys.key_value
        inner join identities on keys.record_id = identities.record_id
        where keys.key_value <> ''

    )

select *
from suppressed
