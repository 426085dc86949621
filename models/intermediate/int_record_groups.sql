{#- A number that a system gave is one person's, whatever dates of birth its records state. -#}
{%- set number_types = [] -%}
{%- for key in hubspot_sync.hubspot_match_keys() if key.has_number -%}
    {%- do number_types.append("'" ~ key.type ~ "'") -%}
{%- endfor -%}
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    match_keys as (select * from {{ ref("int_match_keys") }}),

    links as (
        select
            record_id,
            match_key,
            lead_value,
            {% if number_types -%}
                case
                    when key_type in ({{ number_types | join(", ") }}) then 1 else 0
                end
            {%- else -%} 0
            {%- endif %} as is_number
        from match_keys
        where no_link_reason is null
    ),

    components as (

        {{ hubspot_sync.connected_components("links", "record_id", "match_key") }}

    ),

    linked as (

        select
            components.record_id,
            components.component_id,
            {{ hubspot_sync.birthdate_key("customer_records.birthdate") }} as birthdate
        from components
        inner join customer_records on components.record_id = customer_records.record_id

    ),

    -- Two dates of birth are two people, whom a record without one ties.
    divided as (

        select component_id
        from linked
        group by component_id
        having min(birthdate) <> max(birthdate)

    ),

    divided_links as (

        select
            links.record_id,
            links.match_key,
            links.lead_value,
            links.is_number,
            linked.birthdate,
            min(linked.birthdate) over (partition by links.match_key) as key_birthdate
        from divided
        inner join linked on divided.component_id = linked.component_id
        inner join links on linked.record_id = links.record_id

    ),

    claims as (

        select record_id, key_birthdate, count(distinct lead_value) as value_count
        from divided_links
        where birthdate is null and key_birthdate is not null
        group by record_id, key_birthdate

    ),

    ranked as (

        select
            record_id,
            key_birthdate,
            rank() over (partition by record_id order by value_count desc) as place
        from claims

    ),

    -- A record that as much ties to one person as to another stays with neither.
    claimed as (

        select record_id, min(key_birthdate) as birthdate
        from ranked
        where place = 1
        group by record_id
        having count(*) = 1

    ),

    sided as (

        select
            divided_links.record_id,
            divided_links.match_key,
            divided_links.is_number,
            coalesce(divided_links.birthdate, claimed.birthdate, 'unknown') as birthdate
        from divided_links
        left join claimed on divided_links.record_id = claimed.record_id

    ),

    part_links as (

        select
            record_id,
            case
                when is_number = 1
                then match_key
                else {{ dbt.concat(["match_key", "' '", "birthdate"]) }}
            end as match_key
        from sided

    ),

    part_components as (

        {{ hubspot_sync.connected_components("part_links", "record_id", "match_key") }}

    ),

    sides as (

        select record_id, max(birthdate) as birthdate from sided group by record_id

    ),

    parts as (

        select sides.record_id, sides.birthdate, part_components.component_id
        from sides
        inner join part_components on sides.record_id = part_components.record_id

    ),

    -- A record that shares no key is a group of its own.
    grouped as (

        select
            customer_records.record_id,
            coalesce(
                parts.component_id,
                components.component_id,
                {{ dbt.hash("customer_records.record_id") }}
            ) as component_id,
            parts.birthdate as divided_by
        from customer_records
        left join components on customer_records.record_id = components.record_id
        left join parts on customer_records.record_id = parts.record_id

    )

select *
from grouped
