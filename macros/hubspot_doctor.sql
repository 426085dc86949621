{# What `doctor` asks of the project and the warehouse. Nothing here writes. #}
{#
    The project and its target. Of the credentials only what is no secret; a path of DuckDB
    that is no file may hold a token.
#}
{% macro hubspot_setup_facts() %}
    {% set package = adapter.config.load_dependencies()["hubspot_sync"] %}
    {% set facts = {
        "project": project_name,
        "profile": target.profile_name,
        "target": target.name,
        "adapter": target.type,
        "schema": target.schema,
        "package_version": package.version,
    } %}
    {% if target.type == "duckdb" %}
        {% set path = adapter.config.credentials.path %}
        {% do facts.update(
            {
                "keep_open": adapter.config.credentials.keep_open,
                "in_memory": path == ":memory:",
                "file": (
                    none if ":" in path[2:] or path == ":memory:" else path
                ),
            }
        ) %}
    {% endif %}
    {{ return(facts) }}
{% endmacro %}

{% macro hubspot_answer() %} select 1 as answer {% endmacro %}

{# The columns of the audience as it is built now. #}
{% macro hubspot_audience_columns_built() %}
    {% set columns = adapter.get_columns_in_relation(
        ref("hubspot_sync", "hubspot_audience")
    ) %}
    {{ return(columns | map(attribute="name") | map("lower") | list) }}
{% endmacro %}

{# State tables that are not there, each with the step of the schema that adds it. #}
{% macro hubspot_missing_state_tables() %}
    {% set missing = [] %}
    {% for tables in hubspot_sync.hubspot_state_steps() %}
        {% set step_no = loop.index %}
        {% for table in tables %}
            {% set relation = adapter.get_relation(
                target.database, hubspot_sync.hubspot_state_schema(), table
            ) %}
            {% if relation is none %}
                {% do missing.append((table, step_no)) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(missing) }}
{% endmacro %}
