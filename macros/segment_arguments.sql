{# Arguments of the conditions for segments: checked, and turned into SQL. #}
{% macro segment_refusal(name, column, problem) %}
    {{
        exceptions.raise_compiler_error(
            "Macro hubspot_sync." ~ name ~ ", column '" ~ column ~ "': " ~ problem
        )
    }}
{% endmacro %}

{# A column by its name, or an expression in brackets. #}
{% macro segment_column(name, column) %}
    {%- if column is not string or not column | trim -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "that is no column. Give its name in quotes, as in 'country'.",
        ) -%}
    {%- endif -%}
    {%- set is_name = modules.re.fullmatch(
        "([A-Za-z_][A-Za-z0-9_]*[.])?[A-Za-z_][A-Za-z0-9_]*", column
    ) -%}
    {{ return(column if is_name else "(" ~ column ~ ")") }}
{% endmacro %}

{#
    What a column is compared with, as literals of one kind, and the column as it is
    compared: texts regardless of the case of A to Z.
#}
{% macro segment_comparison(name, column, values) %}
    {%- set column = hubspot_sync.segment_column(name, column) -%}
    {%- if values is string or values is mapping or values is not iterable -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "'" ~ values ~ "' is no list. Write it as ['AT', 'DE'].",
        ) -%}
    {%- elif not values -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "the list is empty. Give at least one value, as in ['AT', 'DE'].",
        ) -%}
    {%- endif -%}
    {%- set literals = [] -%}
    {%- set kinds = [] -%}
    {%- for value in values -%}
        {%- if value is boolean -%}
            {%- do kinds.append("booleans") -%}
            {%- do literals.append(value | string | lower) -%}
        {%- elif value is number -%}
            {%- do kinds.append("numbers") -%}
            {%- do literals.append(value | string) -%}
        {%- elif value is string and value | trim -%}
            {%- do kinds.append("texts") -%}
            {%- do literals.append(hubspot_sync.segment_literal(value)) -%}
        {%- else -%}
            {%- do hubspot_sync.segment_refusal(
                name,
                column,
                "'"
                ~ value
                ~ "' is no text, number or boolean. "
                ~ "For what is empty use is_blank or is_not_blank.",
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if kinds | unique | list | length > 1 -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "the list mixes " ~ kinds
            | unique
            | join(" and ") ~ ". Give values of one kind.",
        ) -%}
    {%- endif -%}
    {{
        return(
            {
                "column": column,
                "compared": (
                    hubspot_sync.segment_folded(column)
                    if kinds[0] == "texts"
                    else column
                ),
                "literals": literals,
            }
        )
    }}
{% endmacro %}

{# The same for a part of a text. #}
{% macro segment_text(name, column, text) %}
    {%- set column = hubspot_sync.segment_column(name, column) -%}
    {%- if text is not string or not text -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "'"
            ~ text
            ~ "' is no text. Write it in quotes, as in '@gmail.'.",
        ) -%}
    {%- endif -%}
    {{
        return(
            {
                "column": column,
                "compared": hubspot_sync.segment_folded(column),
                "literal": hubspot_sync.segment_literal(text),
            }
        )
    }}
{% endmacro %}

{# A column of any type as text, A to Z in lower case. #}
{% macro segment_folded(column) %}
    {{ return(hubspot_sync.ascii_lower(dbt.cast(column, dbt.type_string()))) }}
{% endmacro %}

{# A text as a literal, A to Z in lower case. Jinja's lower knows more letters than SQL does everywhere. #}
{% macro segment_literal(text) %}
    {%- set lower_case = dict(zip(range(65, 91), range(97, 123))) -%}
    {{ return(hubspot_sync.text_literal(text.translate(lower_case))) }}
{% endmacro %}

{% macro segment_number(name, column, argument, number) %}
    {%- if number is not number or number is boolean -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            argument
            ~ " is '"
            ~ number
            ~ "'. Give a number without quotes, as in 100.",
        ) -%}
    {%- endif -%}
    {{ return(number | string) }}
{% endmacro %}

{# A text YYYY-MM-DD as a date, or none. Jinja catches no error, so the day is looked for in its month. #}
{% macro calendar_day(text) %}
    {%- set parts = modules.re.fullmatch(
        "([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        text | string,
    ) -%}
    {%- if parts -%}
        {%- set month = modules.datetime.date(
            parts.group(1) | int, parts.group(2) | int, 1
        ) -%}
        {%- set date = month + modules.datetime.timedelta(
            days=(parts.group(3) | int) - 1
        ) -%}
        {{ return(date if date.month == month.month else none) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}
