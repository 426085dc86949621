{#
    A campaign, as a model of one call. The model is the append-only record of who was
    enrolled in it, when, and with which treatment; what it declares is left in its config
    for the models over all campaigns. Arguments: see the property file.
#}
{% macro hubspot_campaign(
    include=none,
    exclude=none,
    sub_audiences=none,
    treatments=none,
    kind="recurring",
    starts_on=none,
    ends_on=none,
    attributes=none
) %}
    {#- dbt reads a model also where it is switched off, and the demo's would lack all they need. #}
    {%- if model.name in hubspot_sync.hubspot_demo_campaigns() and model.name not in hubspot_sync.hubspot_campaign_models() -%}
        {%- do config(enabled=false) -%} {{ return("select null as campaign") }}
    {%- endif -%}
    {%- set given = {
        "include": include,
        "exclude": exclude if exclude is not none else [],
        "sub_audiences": (
            sub_audiences
            if sub_audiences is not none
            else [{"name": "everybody"}]
        ),
        "treatments": treatments,
        "kind": kind,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "attributes": attributes if attributes is not none else {},
    } -%}
    {%- set problems = [] -%}
    {%- for argument in varargs -%}
        {%- do problems.append(
            "argument " ~ argument ~ " has no name. Write it as key=value."
        ) -%}
    {%- endfor -%}
    {%- for key in kwargs -%}
        {%- do problems.append(
            "key '" ~ key ~ "': it is unknown. Use " ~ given.keys()
            | join(", ") ~ "."
        ) -%}
    {%- endfor -%}
    {%- do problems.extend(
        hubspot_sync.hubspot_campaign_problems(model.name, given)
    ) -%}
    {%- set name = hubspot_sync.hubspot_campaign_name(model.name) -%}
    {%- if problems -%}
        {{
            exceptions.raise_compiler_error(
                "Campaign " ~ name ~ ", " ~ problems
                | join("\nCampaign " ~ name ~ ", ")
            )
        }}
    {%- endif -%}
    {%- set campaign = hubspot_sync.hubspot_campaign_declaration(name, given) -%}
    {%- do config(
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
        meta={"hubspot_campaign": campaign},
    ) -%}
    {{
        hubspot_sync.hubspot_enrolments_sql(
            campaign, given.sub_audiences | map(attribute="where") | list
        )
    }}
{% endmacro %}

{# What the models over all campaigns need to know, complete and checked. #}
{% macro hubspot_campaign_declaration(name, given) %}
    {%- set sub_audiences = [] -%}
    {%- for sub_audience in given.sub_audiences -%}
        {%- set treatments = [] -%}
        {%- for treatment in sub_audience.get("treatments", given.treatments) -%}
            {%- do treatments.append(
                {
                    "name": treatment.name,
                    "slots": (treatment.percent * 10) | round | int,
                    "list": treatment.get("list"),
                    "control": treatment.get("control", false),
                    "shared_list": treatment.get("shared_list", false),
                }
            ) -%}
        {%- endfor -%}
        {%- do sub_audiences.append(
            {"name": sub_audience.name, "treatments": treatments}
        ) -%}
    {%- endfor -%}
    {{
        return(
            {
                "name": name,
                "include": given.include,
                "exclude": given.exclude,
                "kind": given.kind,
                "starts_on": given.starts_on,
                "ends_on": given.ends_on,
                "attributes": given.attributes,
                "sub_audiences": sub_audiences,
            }
        )
    }}
{% endmacro %}

{#
    Enrolments that this build adds: of customers who come in, whose treatment changes, or
    who leave. Every id ever enrolled keeps its slot, and its sub-audience for as long as it
    stays; ids merged since are followed to the customer they stand for.
#}
{% macro hubspot_enrolments_sql(campaign, conditions) %}
    {%- set string = dbt.type_string() -%}
    {%- set literal = hubspot_sync.text_literal -%}
    {%- set names = campaign.sub_audiences | map(attribute="name") | list -%}
    with
        customer_360 as (select * from {{ ref("hubspot_sync", "customer_360") }}),

        customer_aliases as (

            select * from {{ ref("hubspot_sync", "customer_aliases") }}

        ),

        included as ({{ hubspot_sync.hubspot_segments_sql(campaign.include) }}),

        excluded as ({{ hubspot_sync.hubspot_segments_sql(campaign.exclude) }}),

        slots as (

            select
                sub_audience,
                slot,
                treatment,
                row_number() over (
                    partition by sub_audience, slot order by build_no desc
                ) as newest_first
            from {{ ref("hubspot_sync", "campaign_slots") }}
            where campaign = {{ literal(campaign.name) }}

        ),

        treatments as ({{ hubspot_sync.hubspot_treatments_sql([campaign]) }}),

        history as (

            {% if is_incremental() -%}select * from {{ this }}
            {%- else -%}
                select
                    cast(null as {{ string }}) as customer_id,
                    cast(null as {{ dbt.type_int() }}) as slot,
                    cast(null as {{ string }}) as sub_audience,
                    cast(null as {{ string }}) as treatment,
                    false as is_control,
                    cast(null as {{ string }}) as list_name,
                    false as is_active,
                    cast(null as {{ dbt.type_bigint() }}) as build_no
                limit 0
            {%- endif %}

        ),

        this_build as (select coalesce(max(build_no), 0) + 1 as build_no from history),

        newest as (

            select
                history.*,
                row_number() over (
                    partition by customer_id order by build_no desc
                ) as newest_first
            from history

        ),

        enrolled as (

            select
                newest.*,
                coalesce(
                    customer_aliases.customer_id, newest.customer_id
                ) as current_customer_id
            from newest
            left join customer_aliases on newest.customer_id = customer_aliases.alias_id
            where newest.newest_first = 1

        ),

        -- The first condition that fits places a customer.
        placed as (

            select
                customer_id,
                case
                    {%- for condition in conditions if condition %}
                        when ({{ condition }})
                        then {{ literal(names[loop.index0]) }}
                    {%- endfor %}
                        {%- if not conditions[-1] %}
                            {{
                                (
                                    "else"
                                    if conditions | length > 1
                                    else "when true then"
                                )
                            }}
                            {{ literal(names[-1]) }}
                        {%- endif %}
                end as sub_audience
            from customer_360
            where
                not is_suppressed
                and customer_id in (select included.customer_id from included)
                and not exists (
                    select 1
                    from excluded
                    where excluded.customer_id = customer_360.customer_id
                )
                {%- if campaign.starts_on %}
                    and {{ hubspot_sync.as_of() }}
                    >= {{ hubspot_sync.hubspot_day(campaign.starts_on) }}
                {%- endif %}

        ),

        known as (select distinct current_customer_id from enrolled),

        members as (

            select
                enrolled.customer_id,
                enrolled.slot,
                case
                    when
                        enrolled.is_active
                        and enrolled.sub_audience in (
                            {% for name in names %}
                                {{ literal(name) }}{{ ", " if not loop.last }}
                            {% endfor %}
                        )
                    then enrolled.sub_audience
                    else placed.sub_audience
                end as sub_audience
            from enrolled
            inner join placed on enrolled.current_customer_id = placed.customer_id
            where placed.sub_audience is not null

            union all

            select
                placed.customer_id,
                {{ hubspot_sync.hubspot_slot(campaign.name, "placed.customer_id") }}
                as slot,
                placed.sub_audience
            from placed
            left join known on placed.customer_id = known.current_customer_id
            where placed.sub_audience is not null and known.current_customer_id is null

        ),

        treated as (

            select
                members.customer_id,
                members.slot,
                members.sub_audience,
                treatments.treatment,
                treatments.is_control,
                treatments.list_name
            from members
            inner join
                slots
                on members.sub_audience = slots.sub_audience
                and members.slot = slots.slot
                and slots.newest_first = 1
            inner join
                treatments
                on slots.sub_audience = treatments.sub_audience
                and slots.treatment = treatments.treatment

        ),

        -- Who has no treatment, since campaign_slots is older than this declaration,
        -- has not left.
        changed as (

            select
                treated.customer_id,
                treated.slot,
                treated.sub_audience,
                treated.treatment,
                treated.is_control,
                treated.list_name,
                true as is_active
            from treated
            left join enrolled on treated.customer_id = enrolled.customer_id
            where
                enrolled.customer_id is null
                or not enrolled.is_active
                or treated.sub_audience <> enrolled.sub_audience
                or treated.treatment <> enrolled.treatment
                or treated.is_control <> enrolled.is_control
                or coalesce(treated.list_name, '') <> coalesce(enrolled.list_name, '')

            union all

            select
                enrolled.customer_id,
                enrolled.slot,
                enrolled.sub_audience,
                enrolled.treatment,
                enrolled.is_control,
                enrolled.list_name,
                false as is_active
            from enrolled
            left join members on enrolled.customer_id = members.customer_id
            where enrolled.is_active and members.customer_id is null

        ),

        enrolments as (

            select
                cast({{ literal(campaign.name) }} as {{ string }}) as campaign,
                changed.customer_id,
                cast(changed.slot as {{ dbt.type_int() }}) as slot,
                changed.sub_audience,
                changed.treatment,
                changed.is_control,
                changed.list_name,
                changed.is_active,
                cast(this_build.build_no as {{ dbt.type_bigint() }}) as build_no,
                {{ hubspot_sync.hubspot_build_time() }} as assigned_at
            from changed
            cross join this_build
            {%- if campaign.kind == "one_time" %}
                -- Frozen once it has enrolled somebody.
                where this_build.build_no = 1
            {%- elif campaign.ends_on %}
                -- Frozen at its end.
                where
                    {{ hubspot_sync.as_of() }}
                    < {{ hubspot_sync.hubspot_day(campaign.ends_on) }}
            {%- endif %}

        )

    select *
    from enrolments
    {%- if flags.EMPTY %}
        -- Nobody has left because a build was told to read no rows.
        where false
    {%- endif %}
{% endmacro %}

{# The customers of some segments, a row for each time one of them has one. #}
{% macro hubspot_segments_sql(segments) %}
    {%- for segment in segments %}
        {%- set name = adapter.quote(segment) %}
        select cast({{ name }}.customer_id as {{ dbt.type_string() }}) as customer_id
        from
            (
                select * from {{ hubspot_sync.hubspot_segment_relation(segment) }}
            ) as {{ name }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- else %} select cast(null as {{ dbt.type_string() }}) as customer_id limit 0
    {%- endfor %}
{% endmacro %}

{# The treatments of some campaigns, as declared: one row for each campaign, sub-audience and treatment. #}
{% macro hubspot_treatments_sql(campaigns) %}
    {%- set string = dbt.type_string() -%}
    {%- set literal = hubspot_sync.text_literal -%}
    {%- set rows = [] -%}
    {%- for campaign in campaigns -%}
        {%- for sub_audience in campaign.sub_audiences -%}
            {%- for treatment in sub_audience.treatments -%}
                {%- do rows.append(
                    {
                        "campaign": campaign.name,
                        "sub_audience": sub_audience.name,
                        "treatment_no": loop.index,
                        "treatment": treatment,
                    }
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for row in rows %}
        select
            cast({{ literal(row.campaign) }} as {{ string }}) as campaign,
            cast({{ literal(row.sub_audience) }} as {{ string }}) as sub_audience,
            {{ row.treatment_no }} as treatment_no,
            cast({{ literal(row.treatment.name) }} as {{ string }}) as treatment,
            {{ row.treatment.slots }} as slot_count,
            {{ row.treatment.control | string | lower }} as is_control,
            cast(
                {{ literal(row.treatment.list) if row.treatment.list else "null" }}
                as {{ string }}
            ) as list_name
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- else %}
        select
            cast(null as {{ string }}) as campaign,
            cast(null as {{ string }}) as sub_audience,
            0 as treatment_no,
            cast(null as {{ string }}) as treatment,
            0 as slot_count,
            false as is_control,
            cast(null as {{ string }}) as list_name
        limit 0
    {%- endfor %}
{% endmacro %}
