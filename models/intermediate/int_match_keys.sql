with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    placeholder_keys as (select * from {{ ref("placeholder_keys") }}),

    keys as (

        select record_id, birthdate, 'email' as key_type, email_key as key_value
        from customer_records

        union all

        select
            record_id,
            birthdate,
            'shop_customer' as key_type,
            shop_customer_number as key_value
        from customer_records

        union all

        select
            record_id,
            birthdate,
            'loyalty_card' as key_type,
            loyalty_card_number as key_value
        from customer_records

    ),

    filled as (

        select
            record_id,
            birthdate,
            key_type,
            key_value,
            {{ dbt.concat(["key_type", "':'", "key_value"]) }} as match_key
        from keys
        where key_value is not null and key_value <> ''

    ),

    measured as (

        select
            record_id,
            key_type,
            key_value,
            match_key,
            count(*) over (partition by match_key) as record_count,
            min(birthdate) over (partition by match_key) as first_birthdate,
            max(birthdate) over (partition by match_key) as last_birthdate
        from filled

    ),

    judged as (

        select
            measured.record_id,
            measured.key_type,
            measured.key_value,
            measured.match_key,
            measured.record_count,
            case
                when placeholder_keys.key_value is not null
                then 'placeholder'
                when
                    measured.record_count > {{ var("hubspot_max_records_per_key", 10) }}
                then 'too_many_records'
                when
                    measured.key_type = 'email'
                    and measured.first_birthdate <> measured.last_birthdate
                then 'several_people'
                when measured.record_count = 1
                then 'one_record'
            end as no_link_reason
        from measured
        left join
            placeholder_keys
            on measured.key_type = placeholder_keys.key_type
            and measured.key_value = placeholder_keys.key_value

    )

select *
from judged
