{#
    What became of each row that was wanted on a list: exactly one status a row, so
    that the counts add up by construction. To the run that is under way, what it has no
    receipt for is not sent yet; to everybody else it is in doubt.
#}
{% macro hubspot_audience_status_sql(members, audience_rows, run_is_ours=false) %}
    with

        candidates as (
            select * from {{ ref("hubspot_sync", "hubspot_audience_candidates") }}
        ),

        all_members as (select * from {{ members }}),

        -- Of the rows that point at one contact the first stands for it; a row that is
        -- found comes first, since it is the one that is added.
        audience_rows as (
            select
                rows_now.*,
                row_number() over (
                    partition by list_name, last_contact_id
                    order by
                        case
                            when row_state = 'found'
                            then 0
                            when row_state in ('excluded_by_consent', 'held_out')
                            then 2
                            else 1
                        end,
                        is_secondary,
                        customer_id,
                        email
                ) as first_of_contact
            from {{ audience_rows }} as rows_now
        ),

        verdicts as (
            select
                email,
                ruleset,
                code,
                row_number() over (
                    partition by email, ruleset order by step desc
                ) as newest_first
            from {{ source("hubspot_sync_state", "email_verdicts") }}
            where verdict <> 'accepted'
        ),

        this_run as (
            select *
            from {{ source("hubspot_sync_state", "run_events") }}
            where
                event = 'started'
                and run_no = (
                    select max(run_no)
                    from {{ source("hubspot_sync_state", "run_events") }}
                    where event = 'started'
                )
        ),

        adds as (
            select
                settled_changes.portal_id,
                settled_changes.list_id,
                settled_changes.contact_id,
                settled_changes.run_no,
                settled_changes.change_no,
                settled_changes.outcome,
                row_number() over (
                    partition by
                        settled_changes.portal_id,
                        settled_changes.list_id,
                        settled_changes.contact_id
                    order by settled_changes.step desc
                ) as newest_first
            from {{ ref("hubspot_sync", "hubspot_settled_changes") }} as settled_changes
            where
                settled_changes.action = 'add' and settled_changes.outcome <> 'not_sent'
                {%- if run_is_ours %}
                    and not (
                        settled_changes.outcome = 'in_doubt'
                        and settled_changes.run_no = (select run_no from this_run)
                    )
                {%- endif %}
        ),

        judged as (
            select
                candidates.list_name,
                candidates.customer_id,
                candidates.email,
                candidates.email_key,
                candidates.source,
                candidates.coarse_problem,
                audience_rows.wire_email,
                audience_rows.last_contact_id as contact_id,
                audience_rows.list_id,
                case
                    when candidates.coarse_problem is not null
                    then 'rejected_by_us'
                    when candidates.key_rank > 1
                    then 'same_contact'
                    when audience_rows.row_state = 'held_out'
                    then 'held_out'
                    when audience_rows.row_state = 'rejected_by_us'
                    then 'rejected_by_us'
                    when audience_rows.row_state = 'refused_by_hubspot'
                    then 'rejected_by_hubspot'
                    when audience_rows.row_state = 'not_in_hubspot'
                    then 'not_in_hubspot'
                    when audience_rows.row_state = 'excluded_by_consent'
                    then 'excluded_by_consent'
                    when
                        audience_rows.last_contact_id is not null
                        and audience_rows.first_of_contact > 1
                    then 'same_contact'
                    when all_members.is_member = 'yes'
                    then 'on_list'
                    when adds.outcome = 'rejected'
                    then 'rejected_by_hubspot'
                    when adds.outcome in ('failed', 'in_doubt')
                    then 'failed'
                    else 'not_sent'
                end as status,
                case
                    when candidates.coarse_problem is not null
                    then candidates.coarse_problem
                    when
                        candidates.key_rank = 1
                        and audience_rows.row_state = 'rejected_by_us'
                    then verdicts.code
                end as code
            from candidates
            left join this_run on 1 = 1
            left join
                audience_rows
                on audience_rows.list_name = candidates.list_name
                and audience_rows.email = candidates.email_key
                and candidates.coarse_problem is null
            left join
                verdicts
                on verdicts.email = candidates.email_key
                and verdicts.ruleset = this_run.ruleset
                and verdicts.newest_first = 1
            left join
                all_members
                on all_members.portal_id = audience_rows.portal_id
                and all_members.list_id = audience_rows.list_id
                and all_members.contact_id = audience_rows.last_contact_id
            left join
                adds
                on adds.portal_id = audience_rows.portal_id
                and adds.list_id = audience_rows.list_id
                and adds.contact_id = audience_rows.last_contact_id
                and adds.newest_first = 1
        )

    select *
    from judged
{% endmacro %}
