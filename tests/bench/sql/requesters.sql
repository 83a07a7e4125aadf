-- The customers that all tickets are filed for.
insert into requesters (email, name)
select 'customer' || n || '@bench.example', 'Customer ' || n
from generate_series(0, $1::bigint - 1) as n
on conflict (email) do nothing
