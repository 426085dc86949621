{%- set parts = hubspot_sync.hubspot_key_parts() -%}
{#- Of these one value may be several people's, as in a family. A number that a system gave is one person's, and wrong
    where the names differ: those of an account as a whole, since a second name may be written in it, but a couple shares
    a card. -#}
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
                {% if may_be_shared -%} {{ parts["birthdate"].value }}
                {%- else -%} cast(null as {{ dbt.type_string() }})
                {%- endif %} as birthdate,
                {% if "name" in key.parts or "given_name" in key.parts -%}
                    cast(null as {{ dbt.type_string() }}) as given_name,
                    cast(null as {{ dbt.type_string() }}) as name_start,
                {%- else -%} given_name_key as given_name, name_start,
                {%- endif %}
                {% if "customer_key" in key.parts -%} surname_key
                {%- else -%} cast(null as {{ dbt.type_string() }})
                {%- endif %} as surname,
                {% if may_be_shared and "given_name" in key.parts and "surname" not in key.parts -%}
                    postal_key
                {%- else -%} cast(null as {{ dbt.type_string() }})
                {%- endif %} as postal,
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
            count(distinct given_name) as given_name_count,
            min(postal) as first_postal,
            max(postal) as last_postal,
            min(surname) as first_surname,
            max(surname) as last_surname,
            min(name_start) as first_start,
            max(name_start) as last_start
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
            carried.given_name_count,
            carried.first_postal,
            carried.last_postal,
            carried.first_surname,
            carried.last_surname,
            carried.first_start,
            carried.last_start
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
                when first_birthdate <> last_birthdate or first_postal <> last_postal
                then 'several_people'
                when
                    {{
                        hubspot_sync.names_differ(
                            "first_given_name",
                            "last_given_name",
                            "first_start",
                            "last_start",
                            "given_name_count",
                        )
                    }} and coalesce(first_surname <> last_surname, true)
                then 'several_people'
                when record_count = 1
                then 'one_record'
            end as no_link_reason
        from measured

    )

select *
from judged
