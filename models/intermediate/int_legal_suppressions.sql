with
    suppressions as (select * from {{ ref("stg_legal__suppressions") }}),

    translated as (

        select
            case
                key_type
                when 'shop_customer'
                then 'customer_key'
                when 'loyalty_card'
                then 'loyalty_id'
                when 'crm_contact'
                then 'record_id'
                else key_type
            end as key_type,
            case
                when key_type = 'crm_contact' then 'crm:' || key_value else key_value
            end as key_value
        from suppressions

    )

select *
from translated
