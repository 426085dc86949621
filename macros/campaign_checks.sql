{#
    Everything that is wrong with a campaign, each with its key and what to do. What lies
    between campaigns is checked by hubspot_campaign_declarations.
#}
{% macro hubspot_campaign_problems(model_name, given) %}
    {%- set problems = [] -%}
    {%- if model_name not in hubspot_sync.hubspot_campaign_models() -%}
        {%- do problems.append(
            "its model "
            ~ model_name
            ~ " is not in var hubspot_campaigns. Add it there, at its priority."
        ) -%}
    {%- endif -%}
    {%- if not hubspot_sync.has_customers() -%}
        {%- do problems.append(
            "it needs customers, and var hubspot_customer_sources names none. Describe the systems they come from."
        ) -%}
    {%- endif -%}
    {%- for part in [
        hubspot_sync.hubspot_segment_problems(given),
        hubspot_sync.hubspot_sub_audience_problems(given),
        hubspot_sync.hubspot_treatments_problems(given),
        hubspot_sync.hubspot_period_problems(given),
        hubspot_sync.hubspot_override_problems(given.attributes),
    ] -%}
        {%- do problems.extend(part) -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# Keys `include` and `exclude`. #}
{% macro hubspot_segment_problems(given) %}
    {%- set problems = [] -%}
    {%- set known = hubspot_sync.hubspot_segments() -%}
    {%- for key in ["include", "exclude"] -%}
        {%- set segments = given[key] -%}
        {%- set where = "key '" ~ key ~ "': " -%}
        {%- if not hubspot_sync.is_a_list(segments) -%}
            {%- do problems.append(
                where
                ~ "it is not a list of segments. Write it as ['"
                ~ (known[0] if known else "segment_…")
                ~ "', …]."
            ) -%}
        {%- elif key == "include" and not segments -%}
            {%- do problems.append(
                where ~ "it names no segment. Name at least one of " ~ known
                | join(", ") ~ "."
            ) -%}
        {%- else -%}
            {%- for segment in segments -%}
                {%- if segment not in known -%}
                    {%- do problems.append(
                        where
                        ~ "segment '"
                        ~ segment
                        ~ "' is not in var hubspot_segments. Add it there or use "
                        ~ (known | join(", ") or "one that is")
                        ~ "."
                    ) -%}
                {%- elif segment in segments[: loop.index0] -%}
                    {%- do problems.append(
                        where
                        ~ "segment '"
                        ~ segment
                        ~ "' is named twice. Remove one of the two."
                    ) -%}
                    {%- elif (
                        key == "exclude"
                        and hubspot_sync.is_a_list(given.include)
                        and segment in given.include
                    ) -%}
                    {%- do problems.append(
                        where
                        ~ "segment '"
                        ~ segment
                        ~ "' is included as well. Remove it from one of the two."
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# Key `sub_audiences`: names and conditions. Their treatments are checked with the campaign's. #}
{% macro hubspot_sub_audience_problems(given) %}
    {%- set entries = given.sub_audiences -%}
    {%- if not hubspot_sync.is_a_list(entries) or not entries -%}
        {{
            return(
                [
                    "key 'sub_audiences': it is not a list of sub-audiences. Write it as [{'name': …, 'where': …}, …], or leave it out for one of everybody."
                ]
            )
        }}
    {%- endif -%}
    {%- set keys = ["name", "where", "treatments"] -%}
    {%- set problems = [] -%}
    {%- set names = [] -%}
    {%- for entry in entries -%}
        {%- set where = "key 'sub_audiences', entry " ~ loop.index -%}
        {%- if entry is not mapping -%}
            {%- do problems.append(
                where
                ~ ": it is not a mapping. Write it as {'name': …, 'where': …}."
            ) -%}
        {%- else -%}
            {%- set where = where ~ " (" ~ entry.get("name") ~ "): " -%}
            {%- for key in entry if key not in keys -%}
                {%- do problems.append(
                    where ~ "key '" ~ key ~ "' is unknown. Use " ~ keys
                    | join(", ") ~ "."
                ) -%}
            {%- endfor -%}
            {%- set problem = hubspot_sync.hubspot_name_problem(
                entry.get("name"), names
            ) -%}
            {%- if problem -%} {%- do problems.append(where ~ problem) -%}
            {%- else -%} {%- do names.append(entry.name | lower) -%}
            {%- endif -%}
            {%- set condition = entry.get("where") -%}
            {%- if "where" in entry and (
                condition is not string or not condition | trim
            ) -%}
                {%- do problems.append(
                    where
                    ~ "key 'where' is no text. Write a condition over columns of customer_360, or leave it out for all that are left."
                ) -%}
                {%- elif "where" not in entry and not loop.last -%}
                {%- do problems.append(
                    where
                    ~ "it has no key 'where', so nobody is left for the sub-audiences after it. Give it a condition or put it last."
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# Every `treatments`, the campaign's and those of sub-audiences, and what they have in common. #}
{% macro hubspot_treatments_problems(given) %}
    {%- set problems = [] -%}
    {%- set entries = (
        given.sub_audiences
        if hubspot_sync.is_a_list(given.sub_audiences)
        else []
    ) -%}
    {%- set own = [] -%}
    {%- set lists = {} -%}
    {%- for entry in entries if entry is mapping and "treatments" in entry -%}
        {%- do own.append(entry) -%}
        {%- do problems.extend(
            hubspot_sync.hubspot_treatment_list_problems(
                "key 'sub_audiences', entry "
                ~ (entries.index(entry) + 1)
                ~ " ("
                ~ entry.get("name")
                ~ "), key 'treatments'",
                entry.treatments,
                lists,
            )
        ) -%}
    {%- endfor -%}
    {%- set where = "key 'treatments'" -%}
    {%- if given.treatments is none -%}
        {%- if not own or own | length < entries | length -%}
            {%- do problems.append(
                where
                ~ ": it is missing. Write it as [{'name': …, 'percent': 90, 'list': …}, {'name': 'control', 'percent': 10, 'control': true}]."
            ) -%}
        {%- endif -%}
    {%- else -%}
        {%- if own and own | length == entries | length -%}
            {%- do problems.append(
                where
                ~ ": nobody gets these, since every sub-audience has treatments of its own. Remove them."
            ) -%}
        {%- endif -%}
        {%- do problems.extend(
            hubspot_sync.hubspot_treatment_list_problems(
                where, given.treatments, lists
            )
        ) -%}
    {%- endif -%}
    {%- if not lists and not problems -%}
        {%- do problems.append(
            where
            ~ ": no treatment has a destination. Give at least one a 'list' of var hubspot_lists."
        ) -%}
    {%- endif -%}
    {%- for uses in lists.values() -%}
        {%- set names = uses | map(attribute="name") | unique | list -%}
        {%- if names | length > 1 and uses | rejectattr(
            "shared_list", "equalto", true
        ) | list -%}
            {%- do problems.append(
                where ~ ": treatments '" ~ names
                | join("' and '")
                ~ "' fill one list, '"
                ~ uses[0].list
                ~ "'. Give each a list of its own, or say shared_list: true in all of them."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# One list of treatments. Each treatment with a list is added to `lists`, by the list's name in lower case. #}
{% macro hubspot_treatment_list_problems(where, treatments, lists) %}
    {%- if not hubspot_sync.is_a_list(treatments) or not treatments -%}
        {{
            return(
                [
                    where
                    ~ ": it is not a list of treatments. Write it as [{'name': …, 'percent': 90, 'list': …}, …]."
                ]
            )
        }}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- set names = [] -%}
    {%- set controls = [] -%}
    {%- set sum = namespace(slots=0, is_known=true) -%}
    {%- for treatment in treatments -%}
        {%- set entry_where = where ~ ", entry " ~ loop.index -%}
        {%- if treatment is not mapping -%}
            {%- do problems.append(
                entry_where
                ~ ": it is not a mapping. Write it as {'name': …, 'percent': 90, 'list': …}."
            ) -%}
            {%- set sum.is_known = false -%}
        {%- else -%}
            {%- set entry_where = entry_where ~ " (" ~ treatment.get("name") ~ "): " -%}
            {%- for problem in hubspot_sync.hubspot_treatment_problems(
                treatment, names
            ) -%}
                {%- do problems.append(entry_where ~ problem) -%}
            {%- endfor -%}
            {%- do names.append(treatment.get("name") | string | lower) -%}
            {%- if hubspot_sync.is_a_percentage(treatment.get("percent")) -%}
                {%- set sum.slots = (
                    sum.slots + (treatment.percent * 10) | round | int
                ) -%}
            {%- else -%} {%- set sum.is_known = false -%}
            {%- endif -%}
            {%- if treatment.get("control") is sameas true -%}
                {%- do controls.append(treatment.get("name")) -%}
            {%- endif -%}
            {%- if treatment.get("list") is string and treatment.get(
                "name"
            ) is string -%}
                {%- do lists.setdefault(treatment.list | lower, []).append(
                    {
                        "name": treatment.get("name"),
                        "list": treatment.list,
                        "shared_list": treatment.get("shared_list", false),
                    }
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if sum.is_known and sum.slots != 1000 -%}
        {%- do problems.append(
            where
            ~ ": the percentages sum to "
            ~ sum.slots / 10
            ~ ", not to 100. Correct key 'percent' of the treatments."
        ) -%}
    {%- endif -%}
    {%- if controls | length > 1 -%}
        {%- do problems.append(
            where ~ ": '" ~ controls
            | join("' and '")
            ~ "' are all control groups. Keep one of them."
        ) -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{# One treatment by itself. #}
{% macro hubspot_treatment_problems(treatment, names_before) %}
    {%- set keys = ["name", "percent", "list", "control", "shared_list"] -%}
    {%- set problems = [] -%}
    {%- for key in treatment if key not in keys -%}
        {%- do problems.append(
            "key '" ~ key ~ "' is unknown. Use " ~ keys | join(", ") ~ "."
        ) -%}
    {%- endfor -%}
    {%- set problem = hubspot_sync.hubspot_name_problem(
        treatment.get("name"), names_before
    ) -%}
    {%- if problem -%} {%- do problems.append(problem) -%} {%- endif -%}
    {%- if "percent" not in treatment -%}
        {%- do problems.append(
            "it has no key 'percent'. Say how many per cent of the customers get it."
        ) -%}
    {%- elif not hubspot_sync.is_a_percentage(treatment.percent) -%}
        {%- do problems.append(
            "key 'percent' is '"
            ~ treatment.percent
            ~ "'. Give a number from 0.1 to 100 in steps of 0.1."
        ) -%}
    {%- endif -%}
    {%- for key in ["control", "shared_list"] -%}
        {%- if key in treatment and treatment[key] is not boolean -%}
            {%- do problems.append(
                "key '"
                ~ key
                ~ "' is '"
                ~ treatment[key]
                ~ "'. Write true or leave it out."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set declared = (
        hubspot_sync.hubspot_list_declarations()
        | map(attribute="name")
        | list
    ) -%}
    {%- if treatment.get("list") is none -%}
        {%- if treatment.get("shared_list") is sameas true -%}
            {%- do problems.append(
                "key 'shared_list' says something of a list, and there is none. Give it a 'list' or remove the key."
            ) -%}
        {%- endif -%}
    {%- elif treatment.get("control") is sameas true -%}
        {%- do problems.append(
            "it is the control group and has a list, '"
            ~ treatment.list
            ~ "'. Nobody of a control group is put on one: remove the list or key 'control'."
        ) -%}
    {%- elif treatment.list not in declared -%}
        {%- do problems.append(
            "list '"
            ~ treatment.list
            ~ "' is not in var hubspot_lists. Add it there or use "
            ~ (declared | join(", ") or "one that is")
            ~ "."
        ) -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{# Keys `kind`, `starts_on` and `ends_on`. #}
{% macro hubspot_period_problems(given) %}
    {%- set problems = [] -%}
    {%- if given.kind not in ["recurring", "one_time"] -%}
        {%- do problems.append(
            "key 'kind': '"
            ~ given.kind
            ~ "' is unknown. Use recurring or one_time."
        ) -%}
    {%- endif -%}
    {%- set days = [] -%}
    {%- for key in ["starts_on", "ends_on"] if given[key] is not none -%}
        {%- if given[key] is string and hubspot_sync.calendar_day(given[key]) -%}
            {%- do days.append(given[key]) -%}
        {%- else -%}
            {%- do problems.append(
                "key '"
                ~ key
                ~ "': '"
                ~ given[key]
                ~ "' is no day. Write it as 'YYYY-MM-DD'; it begins at midnight UTC."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if given.kind == "one_time" and given.starts_on is none -%}
        {%- do problems.append(
            "key 'starts_on': a one_time campaign needs the day that fixes who is in it. Write it as 'YYYY-MM-DD'."
        ) -%}
    {%- endif -%}
    {%- if given.kind == "one_time" and given.ends_on is not none -%}
        {%- do problems.append(
            "key 'ends_on': a one_time campaign is fixed at its start and has no end. Remove the key or make the campaign recurring."
        ) -%}
    {%- elif days | length == 2 and days[1] <= days[0] -%}
        {%- do problems.append(
            "key 'ends_on': '"
            ~ days[1]
            ~ "' is not after starts_on '"
            ~ days[0]
            ~ "'. Correct one of the two."
        ) -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{# Key `attributes`: where this campaign takes the values of properties from. #}
{% macro hubspot_override_problems(overrides) %}
    {%- if overrides is not mapping -%}
        {{
            return(
                [
                    "key 'attributes': it is not a mapping. Write it as {'loyalty_tier': {'column': 'value_tier', 'source': 'customer_360'} }."
                ]
            )
        }}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- set declared = (
        hubspot_sync.hubspot_attributes() | map(attribute="property") | list
    ) -%}
    {%- set sources = hubspot_sync.hubspot_attribute_sources() -%}
    {%- for property, override in overrides.items() -%}
        {%- set where = "key 'attributes', property '" ~ property ~ "': " -%}
        {%- if property not in declared -%}
            {%- do problems.append(
                where
                ~ "it is not in var hubspot_attributes. Declare it there"
                ~ (", or use " ~ declared | join(", ") if declared else "")
                ~ "."
            ) -%}
        {%- endif -%}
        {%- if override is not mapping -%}
            {%- do problems.append(
                where
                ~ "it is not a mapping. Write it as {'column': …, 'source': …}."
            ) -%}
        {%- else -%}
            {%- for key in override if key not in ["column", "source"] -%}
                {%- do problems.append(
                    where
                    ~ "key '"
                    ~ key
                    ~ "' is unknown. Use column, source."
                ) -%}
            {%- endfor -%}
            {%- if not hubspot_sync.is_a_column(override.get("column")) -%}
                {%- do problems.append(
                    where
                    ~ "key 'column' is '"
                    ~ override.get("column")
                    ~ "'. Name a column of letters, digits and _."
                ) -%}
            {%- endif -%}
            {%- if "source" in override and override.source not in sources -%}
                {%- do problems.append(
                    where
                    ~ "source '"
                    ~ override.source
                    ~ "' is unknown. Use "
                    ~ sources
                    | join(", ")
                    ~ ", or name it as source of the property in var hubspot_attributes."
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# What is wrong with the name of a sub-audience or treatment, or none. #}
{% macro hubspot_name_problem(name, names_before) %}
    {%- if name is not string or not name or name != name | trim -%}
        {{ return("key 'name' is no name. Write a word or two.") }}
    {%- endif -%}
    {%- if name | lower in names_before -%}
        {{ return("key 'name' is used twice. Give each its own.") }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{% macro is_a_list(value) %}
    {{ return(value is iterable and value is not string and value is not mapping) }}
{% endmacro %}

{# A number from 0.1 to 100 in steps of 0.1. #}
{% macro is_a_percentage(value) %}
    {%- if value is not number or value is boolean -%} {{ return(false) }} {%- endif -%}
    {%- set slots = value * 10 -%}
    {{
        return(
            slots >= 0.999
            and slots <= 1000
            and (slots - slots | round) | abs < 0.000001
        )
    }}
{% endmacro %}

{# A column's name that needs no quotes. #}
{% macro is_a_column(value) %}
    {{
        return(
            value is string
            and modules.re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", value) is not none
        )
    }}
{% endmacro %}
