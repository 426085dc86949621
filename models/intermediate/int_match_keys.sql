{%- set parts = hubspot_sync.hubspot_key_parts() -%}
{#- Of these one value may be several people's, as in a family; a number that a system gave is one person's, and wrong
    where the names differ. -#}
{%- set shared = ["email", "phone"] -%}
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    placeholder_keys as (

        select key_type, key_value
        from {{ ref("placeholder_keys") }}
        group by key_type, key_value

    ),

    keys as (

        {% for key in hubspot_sync.hubspot_match_keys() -%}
            {%- set values = [] -%}
            {%- for part in key.parts -%}
                {%- do values.append(parts[part].value) -%}
                {%- if not loop.last -%}{%- do values.append("' '") -%}{%- endif -%}
            {%- endfor -%}
            {%- set may_be_shared = (
                key.parts | select("in", shared) | list
                and "birthdate" not in key.parts
            ) -%}
            select
                customer_records.record_id,
                '{{ key.type }}' as key_type,
                {{ dbt.concat(values) }} as key_value,
                {{ parts[key.parts[0]].value if may_be_shared else dbt.concat(values) }}
                as lead_value,
                {% if may_be_shared -%} birthdate
                {%- else -%} cast(null as date)
                {%- endif %} as birthdate,
                {% if "name" in key.parts or "given_name" in key.parts -%}
                    cast(null as {{ dbt.type_string() }}) as given_name,
                    cast(null as {{ dbt.type_string() }}) as initials,
                {%- else -%} given_name_key as given_name, initials,
                {%- endif %}
                coalesce(
                    {%- for part in key.parts %}
                        placeholder_{{ part }}.key_type,
                    {%- endfor %}
                    null
                ) as placeholder_type
            from customer_records
            {%- for part in key.parts %}
                left join
                    placeholder_keys as placeholder_{{ part }}
                    on placeholder_{{ part }}.key_type = '{{ part }}'
                    and placeholder_{{ part }}.key_value
                    = {{ parts[part].plain or parts[part].value }}
            {%- endfor %}
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- endfor %}

    ),

    filled as (

        select keys.*, {{ dbt.concat(["key_type", "':'", "key_value"]) }} as match_key
        from keys
        where key_value is not null

    ),

    -- Grouped and joined, which costs half of what windows over all keys do.
    carried as (

        select
            match_key,
            count(*) as record_count,
            min(birthdate) as first_birthdate,
            max(birthdate) as last_birthdate,
            min(given_name) as first_given_name,
            max(given_name) as last_given_name,
            min(initials) as first_initials,
            max(initials) as last_initials
        from filled
        group by match_key
        having count(*) > 1

    ),

    shared as (

        select key_type, lead_value, count(*) as sharing_count
        from filled
        group by key_type, lead_value
        having count(*) > 1

    ),

    measured as (

        select
            filled.record_id,
            filled.key_type,
            filled.key_value,
            filled.match_key,
            filled.lead_value,
            filled.placeholder_type,
            coalesce(carried.record_count, 1) as record_count,
            coalesce(shared.sharing_count, 1) as sharing_count,
            carried.first_birthdate,
            carried.last_birthdate,
            carried.first_given_name,
            carried.last_given_name,
            carried.first_initials,
            carried.last_initials
        from filled
        left join carried on filled.match_key = carried.match_key
        left join
            shared
            on filled.key_type = shared.key_type
            and filled.lead_value = shared.lead_value

    ),

    judged as (

        select
            record_id,
            key_type,
            key_value,
            match_key,
            lead_value,
            record_count,
            sharing_count,
            case
                when placeholder_type is not null
                then 'placeholder'
                when sharing_count > {{ var("hubspot_max_records_per_key", 10) }}
                then 'too_many_records'
                when first_birthdate <> last_birthdate
                then 'several_people'
                when
                    {{
                        hubspot_sync.names_differ(
                            "first_given_name",
                            "last_given_name",
                            "first_initials",
                            "last_initials",
                        )
                    }}
                then 'several_people'
                when record_count = 1
                then 'one_record'
            end as no_link_reason
        from measured

    )

select *
from judged
