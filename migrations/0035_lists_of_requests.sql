-- `grant_requests_listed` begins as this one does.

drop index grant_requests_pending;
