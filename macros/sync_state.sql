{#
    The state of the sync: append-only tables in a schema of their own. Nothing here
    executes: every macro renders SQL, because a hook that executes is rolled back on
    DuckDB, and because the job runs what it is given in a transaction of its own.
#}
{% macro hubspot_state_schema() %}
    {% set name = var("hubspot_sync_schema", target.schema ~ "_hubspot_sync") %}
    {% if name is not string or not name.strip() %}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_sync_schema is "
                ~ (name if name is string else name | tojson)
                ~ ": it must be the name of a schema. Leave it out for the default, the target's schema with _hubspot_sync."
            )
        }}
    {% endif %}
    {{ return(name) }}
{% endmacro %}

{% macro hubspot_state_relation(name) %}
    {{
        return(
            api.Relation.create(
                database=target.database,
                schema=hubspot_sync.hubspot_state_schema(),
                identifier=name,
            )
        )
    }}
{% endmacro %}

{# Columns of each table, with their types. #}
{% macro hubspot_state_columns(table) %}
    {% set string = dbt.type_string() %}
    {% set bigint = dbt.type_bigint() %}
    {% set timestamp = dbt.type_timestamp() %}
    {% set tables = {
        "schema_steps": [("step_no", bigint), ("occurred_at", timestamp)],
        "run_events": [
            ("run_no", bigint),
            ("run_id", string),
            ("event", string),
            ("step", bigint),
            ("occurred_at", timestamp),
            ("status", string),
            ("ruleset", string),
            ("portal_id", string),
            ("fresh_from_step", bigint),
            ("retry_rejected_from_step", bigint),
            ("host", string),
            ("pid", bigint),
            ("version", string),
            ("figures", string),
        ],
        "email_verdicts": [
            ("email", string),
            ("ruleset", string),
            ("verdict", string),
            ("wire_email", string),
            ("code", string),
            ("detail", string),
            ("suggestion", string),
            ("judged_at", timestamp),
            ("step", bigint),
        ],
        "contact_lookups": [
            ("portal_id", string),
            ("wire_email", string),
            ("outcome", string),
            ("contact_id", string),
            ("primary_email", string),
            ("opted_out", bigint),
            ("bounced", bigint),
            ("looked_up_at", timestamp),
            ("step", bigint),
        ],
        "change_intents": [
            ("run_no", bigint),
            ("change_no", bigint),
            ("portal_id", string),
            ("list_id", string),
            ("list_name", string),
            ("action", string),
            ("contact_id", string),
            ("wire_email", string),
            ("customer_id", string),
            ("payload_hash", string),
            ("payload", string),
            ("step", bigint),
        ],
        "change_receipts": [
            ("run_no", bigint),
            ("change_no", bigint),
            ("outcome", string),
            ("code", string),
            ("message", string),
            ("correlation_id", string),
            ("received_at", timestamp),
            ("step", bigint),
        ],
        "member_observations": [
            ("portal_id", string),
            ("list_id", string),
            ("contact_id", string),
            ("present", bigint),
            ("step", bigint),
        ],
        "list_readings": [
            ("portal_id", string),
            ("list_id", string),
            ("occurred_at", timestamp),
            ("members", bigint),
            ("step", bigint),
        ],
        "lists": [
            ("portal_id", string),
            ("list_name", string),
            ("list_id", string),
            ("adopted", bigint),
            ("recorded_at", timestamp),
            ("step", bigint),
        ],
        "dbt_invocations": [
            ("invocation_id", string),
            ("occurred_at", timestamp),
            ("built", bigint),
            ("failed", bigint),
        ],
    } %}
    {{ return(tables[table]) }}
{% endmacro %}

{# The steps of the schema, the first first: which tables each adds. A step is never changed, only followed. #}
{% macro hubspot_state_steps() %}
    {{
        return(
            [
                [
                    "schema_steps",
                    "run_events",
                    "email_verdicts",
                    "contact_lookups",
                    "change_intents",
                    "change_receipts",
                    "member_observations",
                    "lists",
                ],
                ["dbt_invocations"],
                ["list_readings"],
            ]
        )
    }}
{% endmacro %}

{% macro hubspot_state_schema_ddl() %}
create schema if not exists {{ hubspot_sync.hubspot_state_relation("lists").without_identifier().include(database=false) }}
{% endmacro %}

{% macro hubspot_state_table_ddl(table) %}
create table if not exists {{ hubspot_sync.hubspot_state_relation(table) }} (
    {%- for column, type in hubspot_sync.hubspot_state_columns(table) %}
        {{ column }} {{ type }}{{ "," if not loop.last }}
    {%- endfor %}
) {{ hubspot_sync.hubspot_table_suffix() }}
{% endmacro %}

{% macro hubspot_state_step_ddl(step_no) %}
insert into {{ hubspot_sync.hubspot_state_relation("schema_steps") }}
select {{ step_no }}, {{ hubspot_sync.hubspot_now() }}
where not exists (
    select 1 from {{ hubspot_sync.hubspot_state_relation("schema_steps") }} where step_no = {{ step_no }}
)
{% endmacro %}

{# All of the above, for the job: it runs them one by one. What is there already stays as it is. #}
{% macro hubspot_state_ddl() %}
    {% set statements = [hubspot_sync.hubspot_state_schema_ddl()] %}
    {% for tables in hubspot_sync.hubspot_state_steps() %}
        {% for table in tables %}
            {% do statements.append(hubspot_sync.hubspot_state_table_ddl(table)) %}
        {% endfor %}
        {% do statements.append(hubspot_sync.hubspot_state_step_ddl(loop.index)) %}
    {% endfor %}
    {{ return(statements) }}
{% endmacro %}

{# The highest step that the state has, and the highest that this package knows. #}
{% macro hubspot_schema_step() %}
select coalesce(max(step_no), 0) as step_no, {{ hubspot_sync.hubspot_state_steps() | length }} as known_step_no
from {{ hubspot_sync.hubspot_state_relation("schema_steps") }}
{% endmacro %}

{% macro hubspot_table_suffix() %}
    {{ return(adapter.dispatch("hubspot_table_suffix", "hubspot_sync")()) }}
{% endmacro %}

{% macro default__hubspot_table_suffix() %} {% endmacro %}

{# Spark creates a Hive text table unless a format is named. #}
{% macro spark__hubspot_table_suffix() %} using
    {{ target.get("file_format", "parquet") }}
{% endmacro %}

{# The warehouse's clock as a UTC timestamp without zone: machines' clocks differ. #}
{% macro hubspot_now() %}
    {{ return(adapter.dispatch("hubspot_now", "hubspot_sync")()) }}
{% endmacro %}

{% macro default__hubspot_now() %} cast({{ dbt.current_timestamp() }} as {{ dbt.type_timestamp() }}) {% endmacro %}

{% macro duckdb__hubspot_now() %} (now() at time zone 'UTC') {% endmacro %}

{# now() stands still within a transaction; a lease needs the moment of the statement. #}
{% macro postgres__hubspot_now() %} (clock_timestamp() at time zone 'UTC') {% endmacro %}

{# A value from Python as a literal. Only ids, counts and names of lists come this way, never an address. #}
{% macro hubspot_literal(value) %}
    {%- if value is none -%} null
    {%- elif value is number -%} {{ value }}
    {%- else -%} '{{ hubspot_sync.hubspot_escaped(value) }}'
    {%- endif -%}
{% endmacro %}

{% macro hubspot_escaped(text) %}
    {{ return(adapter.dispatch("hubspot_escaped", "hubspot_sync")(text)) }}
{% endmacro %}

{% macro default__hubspot_escaped(text) %}
    {{ return((text | string) | replace("'", "''")) }}
{% endmacro %}

{# A backslash escapes here, so it is escaped itself. #}
{% macro spark__hubspot_escaped(text) %}
    {{ return((text | string) | replace("\\", "\\\\") | replace("'", "\\'")) }}
{% endmacro %}

{% macro bigquery__hubspot_escaped(text) %}
    {{ return(hubspot_sync.spark__hubspot_escaped(text)) }}
{% endmacro %}

{% macro snowflake__hubspot_escaped(text) %}
    {{ return(hubspot_sync.spark__hubspot_escaped(text)) }}
{% endmacro %}

{% macro hubspot_in_list(expression, values) -%}
    {{ expression }} in (
    {%- for value in values %}
        {{ hubspot_sync.hubspot_literal(value) }}{{ ", " if not loop.last }}
    {% endfor -%}
    )
{%- endmacro %}
