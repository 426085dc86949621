{# The campaigns that vars name, and what they declare. -#}
{# Names of the campaigns' models, the highest priority first: var hubspot_campaigns, checked. #}
{% macro hubspot_campaign_models() %}
    {%- set demo = (
        hubspot_sync.hubspot_demo_campaigns()
        if var("hubspot_demo", true)
        else []
    ) -%}
    {%- set names = var("hubspot_campaigns", demo) -%}
    {%- if (
        names is string
        or names is mapping
        or names is not iterable
        or names | reject("string") | list
    ) -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_campaigns is not a list of models. Write it as [campaign_win_back, …]."
            )
        }}
    {%- endif -%}
    {%- set campaigns = [] -%}
    {%- for name in names -%}
        {%- set campaign = hubspot_sync.hubspot_campaign_name(name) -%}
        {%- if campaign in campaigns -%}
            {{
                exceptions.raise_compiler_error(
                    "Var hubspot_campaigns, entry "
                    ~ loop.index
                    ~ " ("
                    ~ name
                    ~ "): campaign "
                    ~ campaign
                    ~ " has an earlier entry as well. Remove one of the two."
                )
            }}
        {%- endif -%}
        {%- do campaigns.append(campaign) -%}
    {%- endfor -%}
    {{ return(names | list) }}
{% endmacro %}

{% macro hubspot_demo_campaigns() %}
    {{ return(["campaign_win_back", "campaign_thank_you"]) }}
{% endmacro %}

{# What a campaign is called: its model's name without the prefix campaign_. #}
{% macro hubspot_campaign_name(model_name) %}
    {{ return(modules.re.sub("^campaign_", "", model_name)) }}
{% endmacro %}

{#
    A model that a var names. With its project: dbt warns when a package finds a model of
    its host by name alone.
#}
{% macro hubspot_named_model(variable, name) %}
    {{
        return(
            ref(
                (project_name if var(variable, none) is not none else "hubspot_sync"),
                name,
            )
        )
    }}
{% endmacro %}

{#
    What every campaign of var hubspot_campaigns declares, in that order, as
    hubspot_campaign left it in its model's config. Empty while dbt parses.
#}
{% macro hubspot_campaign_declarations() %}
    {%- set declarations = [] -%}
    {%- set problems = [] -%}
    {%- for name in (hubspot_sync.hubspot_campaign_models() if execute else []) -%}
        {%- set found = [] -%}
        {%- for node in graph.nodes.values() if (
            node.resource_type == "model"
            and node.name == name
            and node.config.meta.get("hubspot_campaign")
        ) -%}
            {%- do found.append(node.config.meta.hubspot_campaign) -%}
        {%- endfor -%}
        {%- if found -%} {%- do declarations.append(found[0]) -%}
        {%- else -%}
            {%- do problems.append(
                "Var hubspot_campaigns names "
                ~ name
                ~ ", and no model of that name calls hubspot_campaign. Write the model or remove the name."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do problems.extend(hubspot_sync.hubspot_shared_list_problems(declarations)) -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(problems | join("\n")) }}
    {%- endif -%}
    {{ return(declarations) }}
{% endmacro %}

{# Lists that several campaigns fill although not all of them say so. #}
{% macro hubspot_shared_list_problems(declarations) %}
    {%- set problems = [] -%}
    {%- set uses = {} -%}
    {%- for campaign in declarations -%}
        {%- for treatment in hubspot_sync.hubspot_destinations(campaign) -%}
            {%- do uses.setdefault(treatment.list | lower, []).append(
                {
                    "campaign": campaign.name,
                    "treatment": treatment.name,
                    "list": treatment.list,
                    "shared_list": treatment.shared_list,
                }
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for users in uses.values() -%}
        {%- set names = users | map(attribute="campaign") | unique | list -%}
        {%- for use in users if names | length > 1 and not use.shared_list -%}
            {%- do problems.append(
                "Campaign "
                ~ use.campaign
                ~ ", key 'treatments', treatment '"
                ~ use.treatment
                ~ "': list '"
                ~ use.list
                ~ "' is also filled by campaign "
                ~ names
                | reject("equalto", use.campaign)
                | join(", ")
                ~ ". Give it a list of its own, or say shared_list: true in all of them."
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# Every treatment of a campaign that has a list, once for each sub-audience that has it. #}
{% macro hubspot_destinations(campaign) %}
    {%- set destinations = [] -%}
    {%- for sub_audience in campaign.sub_audiences -%}
        {%- for treatment in sub_audience.treatments if treatment.list -%}
            {%- do destinations.append(treatment) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(destinations) }}
{% endmacro %}

{#
    The slot of a customer in a campaign, 0 to 999: the first seven hexadecimal digits of
    md5('<campaign>:<customer id>') modulo 1000. Seven, so that the number fits an integer
    of 32 bits everywhere; the campaign is the salt, so that campaigns draw independently.
#}
{% macro hubspot_slot(campaign, customer_id) %}
    {%- set hashed = dbt.hash(
        dbt.concat([hubspot_sync.text_literal(campaign ~ ":"), customer_id])
    ) -%}
    {%- set terms = [] -%}
    {%- for digit in range(1, 8) -%}
        {%- do terms.append(
            "("
            ~ dbt.position(
                "substr(" ~ hashed ~ ", " ~ digit ~ ", 1)",
                "'0123456789abcdef'",
            )
            ~ " - 1) * "
            ~ 16 ** (7 - digit)
        ) -%}
    {%- endfor -%}
    {{ return("mod(" ~ terms | join(" + ") ~ ", 1000)") }}
{% endmacro %}

{# A day as the UTC timestamp of its start. #}
{% macro hubspot_day(day) %}
    {{ return("cast('" ~ day ~ "' as " ~ dbt.type_timestamp() ~ ")") }}
{% endmacro %}

{# The start of the dbt command as a UTC timestamp, the same in every model of one build. #}
{% macro hubspot_build_time() %}
    {{
        return(
            "cast('"
            ~ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f")
            ~ "' as "
            ~ dbt.type_timestamp()
            ~ ")"
        )
    }}
{% endmacro %}

{# Var hubspot_campaign_overlap, checked: what becomes of a customer in several campaigns. #}
{% macro hubspot_campaign_overlap() %}
    {%- set policy = var("hubspot_campaign_overlap", "all") -%}
    {%- if policy not in ["all", "highest_priority"] -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_campaign_overlap is '"
                ~ policy
                ~ "'. Use all or highest_priority."
            )
        }}
    {%- endif -%}
    {{ return(policy) }}
{% endmacro %}

{# The campaigns, one row each: the priority, 1 the highest, and whether the end has come. #}
{% macro hubspot_campaigns_sql(campaigns) %}
    {%- for campaign in campaigns %}
        select
            cast(
                {{ hubspot_sync.text_literal(campaign.name) }}
                as {{ dbt.type_string() }}
            ) as campaign,
            {{ loop.index }} as priority,
            {% if campaign.ends_on -%}
                {{ hubspot_sync.as_of() }}
                >= {{ hubspot_sync.hubspot_day(campaign.ends_on) }}
            {%- else -%} false
            {%- endif %} as is_over
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- else %}
        select
            cast(null as {{ dbt.type_string() }}) as campaign,
            0 as priority,
            false as is_over
        limit 0
    {%- endfor %}
{% endmacro %}
