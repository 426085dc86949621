{#
    One row per dbt invocation that touched the audience or what is above it: whether the
    audience was built, and how many nodes above it failed or were skipped. The guards
    read it, so that they work wherever dbt ran.
#}
{% macro hubspot_record_invocation(results) %}
    {%- if execute and results -%}
        {%- set above = hubspot_sync.hubspot_nodes_above_audience() -%}
        {%- set counts = namespace(touched=0, built=0, failed=0) -%}
        {%- for result in results -%}
            {%- set node = result.node -%}
            {%- set status = result.status | string -%}
            {%- set parents = (
                node.depends_on.nodes
                if node.resource_type in ("test", "unit_test")
                else []
            ) -%}
            {%- set concerns = [node.unique_id] + (parents | list) -%}
            {%- if concerns | select("in", above) | list -%}
                {%- set counts.touched = counts.touched + 1 -%}
                {%- if status in ("error", "fail", "runtime error", "skipped") -%}
                    {%- set counts.failed = counts.failed + 1 -%}
                {%- elif node.unique_id == "model.hubspot_sync.hubspot_audience" -%}
                    {%- set counts.built = 1 -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if counts.touched -%}
insert into {{ hubspot_sync.hubspot_state_relation("dbt_invocations") }} (invocation_id, occurred_at, built, failed)
select '{{ invocation_id }}', {{ hubspot_sync.hubspot_now() }}, {{ counts.built }}, {{ counts.failed }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{# Unique ids of the audience, of the holds, and of every node above them. #}
{% macro hubspot_nodes_above_audience() %}
    {% set above = [
        "model.hubspot_sync.hubspot_audience",
        "model.hubspot_sync.hubspot_holds",
    ] %}
    {% for unique_id in above %}
        {% for parent in graph.nodes.get(unique_id, {}).get("depends_on", {}).get(
            "nodes", []
        ) %}
            {% if parent not in above %} {% do above.append(parent) %} {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(above) }}
{% endmacro %}

{# Seconds since the audience was last built, and the failures of the newest invocation that touched it. #}
{% macro hubspot_newest_invocations() %}
with
    newest as (
        select failed, row_number() over (order by occurred_at desc, invocation_id) as newest_first
        from {{ hubspot_sync.hubspot_state_relation("dbt_invocations") }}
    ),
    built as (
        select max(occurred_at) as built_at
        from {{ hubspot_sync.hubspot_state_relation("dbt_invocations") }}
        where built = 1
    )
select
    {{ dbt.datediff("built.built_at", hubspot_sync.hubspot_now(), "second") }} as seconds_old,
    newest.failed
from built
left join newest on newest.newest_first = 1
{% endmacro %}
