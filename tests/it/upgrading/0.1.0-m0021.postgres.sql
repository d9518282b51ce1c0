CREATE TABLE public.api_token (
    id text NOT NULL,
    secret_hash text NOT NULL,
    source text NOT NULL,
    scopes text NOT NULL,
    note text NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint,
    used_at bigint,
    projects text DEFAULT '[]'::text NOT NULL
);
CREATE TABLE public.audit (
    seq bigint NOT NULL,
    request_id uuid,
    record text NOT NULL,
    hash text NOT NULL,
    personal text
);
CREATE TABLE public.checkpoint (
    size bigint NOT NULL,
    note text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.dead_letter (
    id uuid NOT NULL,
    stream text NOT NULL,
    subject text NOT NULL,
    sequence bigint NOT NULL,
    reason text NOT NULL,
    cause text NOT NULL,
    headers text NOT NULL,
    data bytea NOT NULL,
    data_size bigint NOT NULL,
    at bigint NOT NULL,
    buried_at bigint NOT NULL,
    state text NOT NULL,
    replays_failed integer NOT NULL,
    replay_said text,
    settled_at bigint,
    settled_by text,
    settled_why text
);
CREATE TABLE public.decision (
    id uuid NOT NULL,
    source text NOT NULL,
    decision_id text NOT NULL,
    request_id uuid,
    verdict text NOT NULL,
    sha text NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    actor_email text NOT NULL,
    actor_groups text NOT NULL,
    reason text NOT NULL,
    evidence text NOT NULL,
    accepted boolean NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    round integer NOT NULL,
    at bigint NOT NULL,
    digest text NOT NULL,
    stream_sequence bigint NOT NULL,
    break_glass boolean DEFAULT false NOT NULL,
    signed boolean DEFAULT false NOT NULL
);
CREATE TABLE public.delivery (
    id uuid NOT NULL,
    request_id uuid,
    gitlab text NOT NULL,
    hook text NOT NULL,
    origin text NOT NULL,
    project_id bigint NOT NULL,
    iid bigint NOT NULL,
    check_id bigint NOT NULL,
    sha text NOT NULL,
    action text NOT NULL,
    body_sha256 text NOT NULL,
    received_at bigint NOT NULL,
    recorded_at bigint NOT NULL
);
CREATE TABLE public.known_check (
    gitlab text NOT NULL,
    project_id bigint NOT NULL,
    check_id bigint NOT NULL,
    name text NOT NULL
);
CREATE TABLE public.ledger (
    id integer NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL
);
CREATE TABLE public.link_key (
    id integer NOT NULL,
    key text NOT NULL
);
CREATE TABLE public.outbox (
    seq bigint NOT NULL,
    id uuid NOT NULL,
    stream text NOT NULL,
    subject text NOT NULL,
    ce_type text NOT NULL,
    about text,
    data text NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.person (
    id text NOT NULL,
    name text NOT NULL,
    email text,
    groups text NOT NULL,
    password_hash text NOT NULL,
    disabled_at bigint,
    created_at bigint NOT NULL,
    password_changed_at bigint NOT NULL,
    issuer text
);
CREATE TABLE public.policy_seen (
    id integer NOT NULL,
    hash text NOT NULL
);
CREATE TABLE public.post_lease (
    request_id uuid NOT NULL,
    lease_id uuid NOT NULL,
    holder text NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE public.repetition (
    id uuid NOT NULL
);
CREATE TABLE public.response (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    command_id uuid NOT NULL,
    status text NOT NULL,
    result text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    http_status integer NOT NULL,
    attempt integer NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.safe_mode (
    id integer NOT NULL,
    since bigint,
    reason text NOT NULL,
    verified_from bigint NOT NULL
);
CREATE TABLE public.saved_view (
    id uuid NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    query text NOT NULL
);
CREATE TABLE public.seaql_migrations (
    version character varying NOT NULL,
    applied_at bigint NOT NULL
);
CREATE TABLE public.session (
    id text NOT NULL,
    person_id text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    form_key text NOT NULL,
    proof text,
    checked_at bigint,
    check_begun_at bigint
);
CREATE TABLE public.status_check (
    id uuid NOT NULL,
    gate_id uuid NOT NULL,
    gitlab text NOT NULL,
    project_id bigint NOT NULL,
    iid bigint NOT NULL,
    check_id bigint NOT NULL,
    sha text NOT NULL,
    oldrev text,
    project_path text NOT NULL,
    check_name text NOT NULL,
    title text NOT NULL,
    url text NOT NULL,
    source_branch text NOT NULL,
    target_branch text NOT NULL,
    author_id bigint,
    author_name text,
    labels text NOT NULL,
    draft boolean NOT NULL,
    facts_updated_at bigint,
    opened_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    changed_seq bigint NOT NULL,
    standing text NOT NULL,
    superseded_by text,
    round integer NOT NULL,
    round_began_at bigint NOT NULL,
    verdict text NOT NULL,
    explanation text NOT NULL,
    state text NOT NULL,
    shown text NOT NULL,
    commands integer NOT NULL,
    command_id uuid,
    command_status text,
    command_may_be_applied boolean NOT NULL,
    problem text,
    version integer NOT NULL,
    deadline bigint,
    time_passed bigint,
    reminders integer DEFAULT 0 NOT NULL,
    beat_at bigint,
    heard_at bigint DEFAULT 0 NOT NULL,
    due_at bigint,
    seen_at bigint DEFAULT 0 NOT NULL,
    pushed_by text DEFAULT '[]'::text NOT NULL,
    frozen_at bigint,
    automatic_since bigint,
    glass_decision uuid,
    glass_review_by bigint,
    glass_reviewed_at bigint,
    glass_overdue boolean DEFAULT false NOT NULL
);
CREATE TABLE public.stream_mark (
    stream text NOT NULL,
    created_at bigint NOT NULL,
    last_sequence bigint NOT NULL
);
INSERT INTO public.audit VALUES (1, NULL, '{"seq":1,"at":1796083686432566,"kind":"policy","request_id":null,"data":{"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","text":"{\"approvals\":1,\"people\":[],\"groups\":[],\"reason_required\":false,\"pending\":\"quiet\",\"heartbeat_every\":\"75s\",\"heartbeat_lasts\":\"1h\",\"decide_within\":\"\",\"approval_lasts\":\"\",\"remind_after\":[],\"foreign_passed\":\"answer\",\"check\":{},\"rule\":[],\"right\":[],\"person\":[],\"freeze\":[],\"break_glass\":null}","before":null},"personal":"047ec42ad4557a9708fa393e2986078d4f271dcf07228be16d0ee192604e3c66"}', '6c1763f449b95c45d35d84bd199406b7a9fa48f4690c8142881123f3a90369e3', '{"salt":"4ad101d0d07f5d77f43503ef4b9d1853","message":"The first policy is in force."}');
INSERT INTO public.audit VALUES (2, 'f6603440-bd94-59ee-9fa8-82316dfa5f38', '{"seq":2,"at":1796083690358954,"kind":"received","request_id":"f6603440-bd94-59ee-9fa8-82316dfa5f38","data":{"delivery_id":"01a22eee-2b74-76f5-a0de-c7a49a9795d3","hook":"default","action":"open","sha":"f75e58b6fd297f323f0d0c6e5edfb85d577ecb5a","target_branch":"main","state":"opened","body_sha256":"9e89fa860bd92dcb5d3356d8030c4bc2bb3ae8613376daebdbf59cac2db10ba7"},"personal":"3d31a186456cfc4801a0a160a864e23d2465a75a54c000df1921b2c89ec1a631"}', '11595873e81500f65c1c7f97f53e608f8dd49a3db7302e55b660ebc3c8baa791', '{"salt":"1f1a261a8a50318784bc168d3d61bb96","message":"GitLab called (open by Chiara Rossi): commit f75e58b6."}');
INSERT INTO public.audit VALUES (3, 'f6603440-bd94-59ee-9fa8-82316dfa5f38', '{"seq":3,"at":1796083690358954,"kind":"opened","request_id":"f6603440-bd94-59ee-9fa8-82316dfa5f38","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"0e4268afa62a335f7547aa9fcd223c08761d9698ab1fbd5fc2e5051caca44ba1"},"personal":"20ea7db4a043c447b17138e703539479c4c9648de2056c95e9d23ee14dd1ef9a"}', '166c6eafcd8a1c863f1c5fa6c6329a784b7b302edf26bff6d8fbfda7b32c0d94', '{"salt":"778140875d2024a1410ddbff50d06a3d","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"f75e58b6fd297f323f0d0c6e5edfb85d577ecb5a","facts":{"gitlab":"main","project":"shop/storefront","check":"Change approval","title":"Show delivery dates in the basket","url":"http://127.0.0.1:18929/shop/storefront/-/merge_requests/2","source_branch":"2-show-delivery-dates-in-the","target_branch":"main","author_id":5,"author_name":"Chiara Rossi","pushed_by":[],"labels":[],"draft":false},"decisions":[],"round_began_at":1796083690356828,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (4, '09d723a1-24e3-56d2-9e90-bdfa24bc617d', '{"seq":4,"at":1796083690371346,"kind":"received","request_id":"09d723a1-24e3-56d2-9e90-bdfa24bc617d","data":{"delivery_id":"01a22eee-2b76-75e8-8516-27e770a78a9d","hook":"default","action":"open","sha":"e600c0cb4a6ef7d2b2a43e69159ced5b64118839","target_branch":"main","state":"opened","body_sha256":"66f9e88b7cf2325d630b3c7e7375632589d1e4bb4effe2f6a7f09bab3a4e9dcb"},"personal":"b73cab232b07fc8805e3a78fe569f21e00a7e29984617a41cecf7cd000bf064f"}', '9a237ebbeefea2f06160d62d315d16cf108df16189d00359e70a83dd988100b6', '{"salt":"8b126111ef784f9dec00a93e0fafbcc6","message":"GitLab called (open by Amara Okafor): commit e600c0cb."}');
INSERT INTO public.audit VALUES (5, '09d723a1-24e3-56d2-9e90-bdfa24bc617d', '{"seq":5,"at":1796083690371346,"kind":"opened","request_id":"09d723a1-24e3-56d2-9e90-bdfa24bc617d","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"2c1aa12421be73f417d324cee8cc10c553f7204767abecf0af5c837bb02d7675"},"personal":"2b40dde9eea8545a5e6f4a8df04e7dd514f9b0784f415d457681eab1cedb2aae"}', '640cf56495db91ab64ae5c066dad0ac0e98b2133d577d0cbb0778f13539ea2ab', '{"salt":"26dc6576eef6ce2155fb847e948b3a52","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"e600c0cb4a6ef7d2b2a43e69159ced5b64118839","facts":{"gitlab":"main","project":"shop/storefront","check":"Change approval","title":"Load product images lazily","url":"http://127.0.0.1:18929/shop/storefront/-/merge_requests/1","source_branch":"1-load-product-images-lazily","target_branch":"main","author_id":3,"author_name":"Amara Okafor","pushed_by":[],"labels":["performance"],"draft":false},"decisions":[],"round_began_at":1796083690363401,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (6, '846c1ed4-5975-55d6-875b-020e9669aa8b', '{"seq":6,"at":1796083690371346,"kind":"received","request_id":"846c1ed4-5975-55d6-875b-020e9669aa8b","data":{"delivery_id":"01a22eee-2b7a-773c-a431-88053de7c0f6","hook":"default","action":"open","sha":"f4eeb90b3cdbc280ba85703ac6899fc1a532ac52","target_branch":"main","state":"opened","body_sha256":"3aff45f70562f8c3c5e60ea5b429f2e91b68bca9f0e6b9238cb94aa3a77de780"},"personal":"04a5d579b50f136362411613533a4d63dbe6d3d98605832d58dbbb465c660ab7"}', 'a24ccac32e3bf97d7cf20d6ed5bdcf1144f40fccee425ae88ab5b336b66be8f5', '{"salt":"9ca359c619dbacd56cc5d014f355cc77","message":"GitLab called (open by Emi Tanaka): commit f4eeb90b."}');
INSERT INTO public.audit VALUES (7, '846c1ed4-5975-55d6-875b-020e9669aa8b', '{"seq":7,"at":1796083690371346,"kind":"opened","request_id":"846c1ed4-5975-55d6-875b-020e9669aa8b","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"18a0e3f880644410f56e82ddd5bc10a4eb162c449b8deff10a61b1b2dfe6683f"},"personal":"13228c9a324e5e61714a6822218ad1d4661d2e0807bd7cdbc63b0e5dfce412f7"}', '3a8ce97b33940736858bce2bb7f680c9bd1d35e9ae9fbf07f1f71eab16e6702b', '{"salt":"bf9f8922104ecfb47900ad90d1f6e88b","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"f4eeb90b3cdbc280ba85703ac6899fc1a532ac52","facts":{"gitlab":"main","project":"data/reports","check":"Change approval","title":"Remove e-mail addresses from the export","url":"http://127.0.0.1:18929/data/reports/-/merge_requests/2","source_branch":"2-remove-e-mail-addresses-from","target_branch":"main","author_id":7,"author_name":"Emi Tanaka","pushed_by":[],"labels":["privacy"],"draft":false},"decisions":[],"round_began_at":1796083690366014,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (8, 'b1f53cfa-8099-543d-8cc9-7ac31e5cf352', '{"seq":8,"at":1796083690371346,"kind":"received","request_id":"b1f53cfa-8099-543d-8cc9-7ac31e5cf352","data":{"delivery_id":"01a22eee-2b7a-773c-a431-880666e03102","hook":"default","action":"open","sha":"1a9420e64ad5cc941fde8f2a1e8b5b41cf938a5c","target_branch":"main","state":"opened","body_sha256":"bbd7e5af294d0837664233b0c9da06d8472f5e9fd56cfa756c70a14d80013835"},"personal":"56b477131531e21cb00fbb297a42104a590998054908e5ad8b00b4c2dc3db0c7"}', 'd112dddddf0744db5487b9153170b4d5f0cef3592df67f40547dbf920a433215', '{"salt":"3a592d789c54544e06f7fb597b442c03","message":"GitLab called (open by Grace Mbeki): commit 1a9420e6."}');
INSERT INTO public.audit VALUES (9, 'b1f53cfa-8099-543d-8cc9-7ac31e5cf352', '{"seq":9,"at":1796083690371346,"kind":"opened","request_id":"b1f53cfa-8099-543d-8cc9-7ac31e5cf352","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"d4b4eb03a54bf9b467f4610025a7a494ac8d9a1dc1b091e7e76ad2a2c482eb74"},"personal":"677942745b15fa45248816f7c1b1b09ea9ec01153e16bf6697fa79db6750a4a1"}', 'a1932d20ac7fdf4346c2c64b19f415d858ea034b29d753d22cccdb3ca2be0a18', '{"salt":"8b3eeecef8fe67118bbf57a76aee23b5","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"1a9420e64ad5cc941fde8f2a1e8b5b41cf938a5c","facts":{"gitlab":"main","project":"data/reports","check":"Change approval","title":"Update the currency table","url":"http://127.0.0.1:18929/data/reports/-/merge_requests/3","source_branch":"3-update-the-currency-table","target_branch":"main","author_id":9,"author_name":"Grace Mbeki","pushed_by":[],"labels":[],"draft":false},"decisions":[],"round_began_at":1796083690366389,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (10, '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', '{"seq":10,"at":1796083690371346,"kind":"received","request_id":"0b42af94-27b0-59cd-8b8c-1f00c1260ebd","data":{"delivery_id":"01a22eee-2b7b-744a-8f6c-480bcacf8709","hook":"default","action":"open","sha":"9f97d6cb29e63707e62436373d6a586bbf793808","target_branch":"main","state":"opened","body_sha256":"8be7a35e98c0037f21adb19af034892d667495b16b1803a1745409cad98abedc"},"personal":"250481bd4984a932b0e19b9b73bdf71ecd28e8d39c967b3b88fa437f764a8947"}', '8b3d5f2286564c6741689bef3bd002edf97c47c0d4f457b7d11dfa432785e0f6', '{"salt":"2b3e852044625809f0297a60e5ecae06","message":"GitLab called (open by Emi Tanaka): commit 9f97d6cb."}');
INSERT INTO public.audit VALUES (11, '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', '{"seq":11,"at":1796083690371346,"kind":"opened","request_id":"0b42af94-27b0-59cd-8b8c-1f00c1260ebd","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"23d156699605578b79f0b062854d8f1ccc54bf79efcf9049b2b32e339435c261"},"personal":"01c71ec2f876e2792fae4004890c997997bce863477bf593457df862ae568740"}', 'e18e546e1819856b1c29cb68f5afed62b9a9fb2aeba73d55d3e6df1ed9eca992', '{"salt":"3f2d62731024ac7a1f730f3062c22e99","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"9f97d6cb29e63707e62436373d6a586bbf793808","facts":{"gitlab":"main","project":"shop/storefront","check":"Change approval","title":"Draft: Try a shorter checkout","url":"http://127.0.0.1:18929/shop/storefront/-/merge_requests/3","source_branch":"3-try-a-shorter-checkout","target_branch":"main","author_id":7,"author_name":"Emi Tanaka","pushed_by":[],"labels":[],"draft":true},"decisions":[],"round_began_at":1796083690367101,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (12, '36232a36-5a2f-5d1c-a6ef-273723f04c6f', '{"seq":12,"at":1796083690371346,"kind":"received","request_id":"36232a36-5a2f-5d1c-a6ef-273723f04c6f","data":{"delivery_id":"01a22eee-2b7d-761f-b6b0-774629942bb9","hook":"default","action":"open","sha":"a0a9b8f2769b1ee8113a5a3302f1d5e4df8e1cfc","target_branch":"main","state":"opened","body_sha256":"6a0a4deebf4c79a74f42389e4878cb334e421f35aed420a5c20a56c9848ab55a"},"personal":"2adbc67d4bc568039fa60e188c0eba651c2620bd3fb2001309a2c13d16fb89f3"}', '1495fdaf1dc8ccd4257a3bb2683200a3ac23c4b4e27d99cad82b967c7484d9b1', '{"salt":"622091f408620a9d33c5fe9430c901f7","message":"GitLab called (open by Farid Haddad): commit a0a9b8f2."}');
INSERT INTO public.audit VALUES (13, '36232a36-5a2f-5d1c-a6ef-273723f04c6f', '{"seq":13,"at":1796083690371346,"kind":"opened","request_id":"36232a36-5a2f-5d1c-a6ef-273723f04c6f","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"e88e8478389e0ce871b14c08b23e2ed052eab36d442f0ea03918d9387cef1ec8"},"personal":"28f8107a4061ef3830ecee9acc867770209d00bf3fc03da3063cd24d0c7e799c"}', 'c57fbdd488b246e589581d15aed13f4f07dd05cecc644fa8a1dc42f56938b44e', '{"salt":"d87f97fc899fd81cbdcf2ff4978d7ac5","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"a0a9b8f2769b1ee8113a5a3302f1d5e4df8e1cfc","facts":{"gitlab":"main","project":"platform/deploy-tools","check":"Change approval","title":"Rotate the registry credentials","url":"http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/3","source_branch":"3-rotate-the-registry-credentials","target_branch":"main","author_id":8,"author_name":"Farid Haddad","pushed_by":[],"labels":["infrastructure"],"draft":false},"decisions":[],"round_began_at":1796083690367658,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (14, 'e3f5aaea-6515-5115-aaf6-8fb6fc9315b4', '{"seq":14,"at":1796083690371346,"kind":"received","request_id":"e3f5aaea-6515-5115-aaf6-8fb6fc9315b4","data":{"delivery_id":"01a22eee-2b7d-761f-b6b0-77479ba22cc2","hook":"default","action":"open","sha":"7a0871526cc10545acb03803dd668fedfe4ea441","target_branch":"main","state":"opened","body_sha256":"54b923c97ca0f3fd0c4db22ba43ada6d340a0f683ce10776f101a71be627404b"},"personal":"c362b8a5fd7b9c212471f70dcccb26cfd197d0f50d49fa36bac2222f4e281cd2"}', 'f6ec1d109a3b37d516c7435c2ecab1d2eed8e2e6e5f074c3c9f3834befe1bffb', '{"salt":"4d79cf5adc9b9ce8038ebfe51bfce7c4","message":"GitLab called (open by Farid Haddad): commit 7a087152."}');
INSERT INTO public.audit VALUES (15, 'e3f5aaea-6515-5115-aaf6-8fb6fc9315b4', '{"seq":15,"at":1796083690371346,"kind":"opened","request_id":"e3f5aaea-6515-5115-aaf6-8fb6fc9315b4","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"acebb5d3d4900576382a45b4b1107f063d2a5abc56b593201933ddbfd1d83a34"},"personal":"5507f2c5169723e55214b6f425f57fde0d6c59edeb4bb2638492047873814a6f"}', 'cce3c1a94eef928d03dd608080d3b4d7d0c42860669d25f7ee9a58e1f4093340', '{"salt":"1665b1915c9d35866300e525b05fa7d3","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"7a0871526cc10545acb03803dd668fedfe4ea441","facts":{"gitlab":"main","project":"platform/deploy-tools","check":"Change approval","title":"Raise the memory limit of the build workers","url":"http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/1","source_branch":"1-raise-the-memory-limit-of","target_branch":"main","author_id":8,"author_name":"Farid Haddad","pushed_by":[],"labels":["infrastructure"],"draft":false},"decisions":[],"round_began_at":1796083690368096,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (16, '895e7eae-0848-54aa-84e6-4e2ef76f2810', '{"seq":16,"at":1796083690371346,"kind":"received","request_id":"895e7eae-0848-54aa-84e6-4e2ef76f2810","data":{"delivery_id":"01a22eee-2b7d-761f-b6b0-7748cf11c24d","hook":"default","action":"open","sha":"1618d5c03ed529eb72226ed8ccc7adc23e3fefe2","target_branch":"main","state":"opened","body_sha256":"e1611d34cadb995f7a0c7b1bd050392e587abb90851708f5834af88fe10d41ba"},"personal":"0ca1302f22f65a033013bab82fcb86d53e6e80b5fe68833a7cb273d1f11a9e42"}', '685573fb0d91661ecf358bd00a798a09ec5f205a0d11f664b57f4e516f3f7b53', '{"salt":"48c1a22766d3268113ca0374185f22c5","message":"GitLab called (open by Henrik Olsen): commit 1618d5c0."}');
INSERT INTO public.audit VALUES (17, '895e7eae-0848-54aa-84e6-4e2ef76f2810', '{"seq":17,"at":1796083690371346,"kind":"opened","request_id":"895e7eae-0848-54aa-84e6-4e2ef76f2810","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"6157d1b452a89c2e2050c783ebea9034e71d38a08ceeec30ec12d4c7ec3dfbae"},"personal":"0bfc4300777c254104937a15bafd6fab82ab9555869c27793cec01d4c09c2f4a"}', '698dacdad17099101a6463851b84a0ed50c448636dc4303a6b4da0bff6a00350', '{"salt":"c59022e5f28b2c291726beb61cb7a4b5","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"1618d5c03ed529eb72226ed8ccc7adc23e3fefe2","facts":{"gitlab":"main","project":"platform/deploy-tools","check":"Change approval","title":"Roll back by itself when health checks fail","url":"http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/2","source_branch":"2-roll-back-by-itself-when","target_branch":"main","author_id":10,"author_name":"Henrik Olsen","pushed_by":[],"labels":[],"draft":false},"decisions":[],"round_began_at":1796083690368761,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (18, '09c58cb7-05bb-5106-9543-2dacd8e43b0d', '{"seq":18,"at":1796083690371346,"kind":"received","request_id":"09c58cb7-05bb-5106-9543-2dacd8e43b0d","data":{"delivery_id":"01a22eee-2b7d-761f-b6b0-77492960733c","hook":"default","action":"open","sha":"0e93467facba2de96271223ea04e9d23ff37704a","target_branch":"main","state":"opened","body_sha256":"9f6a6058bb74e8e2f14c42b9416691aacfe60df383b621e347668e5bf3be66b0"},"personal":"e654dcdd1ab8fb945046618a8999a66321a21daa6b9a3992e2804c85dbc37e7c"}', 'd652bff1af3871093e4088fa71ab5c4417f8bb4534daefae0cdf151a9d34d8c2', '{"salt":"b55282ef49a7a27125c033f89eafd91c","message":"GitLab called (open by Grace Mbeki): commit 0e93467f."}');
INSERT INTO public.audit VALUES (19, '09c58cb7-05bb-5106-9543-2dacd8e43b0d', '{"seq":19,"at":1796083690371346,"kind":"opened","request_id":"09c58cb7-05bb-5106-9543-2dacd8e43b0d","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"2721a1949b6d8d485fe3a88a8daac18fbb43f6e6e506d83c86fcc45b8e655b56"},"personal":"01ba392b60f38cb6096eaf44b2f00125d223028e66119f35f51e3cac4ac62655"}', 'bddf969dc7ba9ae566c53b2dd435169e2346fde75773395fc0019feb4086b973', '{"salt":"e8edf347ca8ae308fd407bd43529c539","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"0e93467facba2de96271223ea04e9d23ff37704a","facts":{"gitlab":"main","project":"data/reports","check":"Change approval","title":"Count returning customers by week","url":"http://127.0.0.1:18929/data/reports/-/merge_requests/1","source_branch":"1-count-returning-customers-by-week","target_branch":"main","author_id":9,"author_name":"Grace Mbeki","pushed_by":[],"labels":[],"draft":false},"decisions":[],"round_began_at":1796083690369232,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (20, '7ee11ad1-036e-511c-8882-0b592b5d8f62', '{"seq":20,"at":1796083690384791,"kind":"received","request_id":"7ee11ad1-036e-511c-8882-0b592b5d8f62","data":{"delivery_id":"01a22eee-2b7d-761f-b6b0-774a87da429c","hook":"default","action":"open","sha":"e5a5df08ba0ec41f60385b514435deac2bdb6f58","target_branch":"release/2.8","state":"opened","body_sha256":"f9940195569a6f212bd3925c1e25eaf367fec23b5d89251b538447bb4cb61047"},"personal":"e785237e8ad552b2ff2cf926e696cb4db347cbb7766455f77ea5dc98952059d0"}', '5774dcec79dd241036ff10ad467de9706d954f0f956f72786ba25a3fd8cc37fd', '{"salt":"49276cbd4189d4662d46a1c06b54683d","message":"GitLab called (open by Ben Lindqvist): commit e5a5df08."}');
INSERT INTO public.audit VALUES (21, '7ee11ad1-036e-511c-8882-0b592b5d8f62', '{"seq":21,"at":1796083690384791,"kind":"opened","request_id":"7ee11ad1-036e-511c-8882-0b592b5d8f62","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"1bb3c35c55c597a7c315957024cfb9cef4ceab64ad78e9b6f28b221d1638381a"},"personal":"47495d60394e4e9bfc3458a2eee6dc66e495a16eb624fbcbbf219db274a8f06d"}', '6dd308e8c87cfde3cd826ba1eed891d750104b923ef2de16feaa4092915f7eb5', '{"salt":"10ad4f7da2cf6c7668f56462a81a9c63","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"e5a5df08ba0ec41f60385b514435deac2bdb6f58","facts":{"gitlab":"main","project":"shop/payments","check":"Change approval","title":"Round VAT per line, not per order","url":"http://127.0.0.1:18929/shop/payments/-/merge_requests/3","source_branch":"3-round-vat-per-line-not","target_branch":"release/2.8","author_id":4,"author_name":"Ben Lindqvist","pushed_by":[],"labels":["backport"],"draft":false},"decisions":[],"round_began_at":1796083690370094,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (22, '96340086-e74a-5d77-9e97-ed2f63226c6a', '{"seq":22,"at":1796083690384791,"kind":"received","request_id":"96340086-e74a-5d77-9e97-ed2f63226c6a","data":{"delivery_id":"01a22eee-2b7d-761f-b6b0-774b48c352a5","hook":"default","action":"open","sha":"b7d0cb5c6ca1e85c218766d56b9d648824da36a0","target_branch":"main","state":"opened","body_sha256":"78f687c14cd69bd503ad8ad431f2d7da52a18e6cc47509de02bd0791212c8c1a"},"personal":"20b6602f38d8cd22562adbc7bb89fbb941d32224b7f8a8db37a3bd63a7b7e735"}', 'c71c77d06778f7a4a1734acfce9aacbef4b38fbf5271edcee5f8a0a6eed616c8', '{"salt":"d3ec7caad27584b093dcf7e2a97896bd","message":"GitLab called (open by Daniel Novák): commit b7d0cb5c."}');
INSERT INTO public.audit VALUES (23, '96340086-e74a-5d77-9e97-ed2f63226c6a', '{"seq":23,"at":1796083690384791,"kind":"opened","request_id":"96340086-e74a-5d77-9e97-ed2f63226c6a","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"a1bccd4918d696e9c6912acf55fe07319516d2b473c06b56b5487c6a625808d1"},"personal":"49eb5866331e1e533eaea5b344bea92596613a58ef244288d8e54e74b9537677"}', '5fa6b67568fceaed7b17e68c0cbbcd51f2716bf739d2b97033d144a5f478c58a', '{"salt":"779e5e1f4ac551268da885b9c181ab9d","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"b7d0cb5c6ca1e85c218766d56b9d648824da36a0","facts":{"gitlab":"main","project":"shop/payments","check":"Change approval","title":"Store refunds in their own table","url":"http://127.0.0.1:18929/shop/payments/-/merge_requests/2","source_branch":"2-store-refunds-in-their-own","target_branch":"main","author_id":6,"author_name":"Daniel Novák","pushed_by":[],"labels":["database"],"draft":false},"decisions":[],"round_began_at":1796083690370468,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (24, 'fe32846e-0365-56e1-8351-82059f0aed32', '{"seq":24,"at":1796083690384791,"kind":"received","request_id":"fe32846e-0365-56e1-8351-82059f0aed32","data":{"delivery_id":"01a22eee-2b7d-761f-b6b0-774c33e4e24e","hook":"default","action":"open","sha":"9520fafeadd1103f95b8871c1cef8312f1b48270","target_branch":"main","state":"opened","body_sha256":"9f088157055dc257f7d3bd41e90293f6b8483d55408ea9112d1a46f774a47495"},"personal":"bb3edac2e2858ae5a91a8de0848e8db688367d80e9495a3eb8cedafa0cdedb27"}', '796e4225f6b20daf43ee3b8746a61558814ecc92e25e77ae93723ce698ed6a13', '{"salt":"195f79e66c4054630663b33cf3308d67","message":"GitLab called (open by Ben Lindqvist): commit 9520fafe."}');
INSERT INTO public.audit VALUES (25, 'fe32846e-0365-56e1-8351-82059f0aed32', '{"seq":25,"at":1796083690384791,"kind":"opened","request_id":"fe32846e-0365-56e1-8351-82059f0aed32","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"2e6362ae104c6bf5bd30625d8cd4e07c722158cd0d7e8512cf9ec8b8f215203a"},"personal":"585696b32cf922591df335e2d8d790ded239541bf85a7b579f1f4717d8a6d11e"}', 'a4dd6d98ec1f061ccd1a3b53b7b825c76b4315eb7fb8efc29e5cb23726efe56a', '{"salt":"953feed3a662175257644639896bc5ee","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"9520fafeadd1103f95b8871c1cef8312f1b48270","facts":{"gitlab":"main","project":"shop/payments","check":"Change approval","title":"Check webhook signatures of the card provider","url":"http://127.0.0.1:18929/shop/payments/-/merge_requests/1","source_branch":"1-check-webhook-signatures-of-the","target_branch":"main","author_id":4,"author_name":"Ben Lindqvist","pushed_by":[],"labels":["security","urgent"],"draft":false},"decisions":[],"round_began_at":1796083690370982,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (26, '3714b102-eaf0-51ac-a66b-2a61bd69ec43', '{"seq":26,"at":1796083690395954,"kind":"received","request_id":"3714b102-eaf0-51ac-a66b-2a61bd69ec43","data":{"delivery_id":"01a22eee-2b87-771e-a672-533d5122dfbb","hook":"default","action":"update","sha":"63acb19164118f0cc3719612eab17d03f4f08298","target_branch":"main","state":"opened","body_sha256":"a3f2211d51f646128ac30af62ac0c373f94322e6ec8e2146b769dbe99d9d9892"},"personal":"e1ccfe2f47bf01c97b03951766f5a2fa2c65de978d84192f4879d367b807260b"}', 'fc7f8d6bcff9c542d4ccf9ec168a725a69066bedb023f55c7900533945d9193e', '{"salt":"806df8f59b143e710cb71ba2d965d952","message":"GitLab called (update by Emi Tanaka): commit 63acb191."}');
INSERT INTO public.audit VALUES (27, '846c1ed4-5975-55d6-875b-020e9669aa8b', '{"seq":27,"at":1796083690395954,"kind":"became","request_id":"846c1ed4-5975-55d6-875b-020e9669aa8b","data":{"was":"waiting","state":"superseded","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03"},"personal":"ef101c58ff8e28f26817d187ef60543706bbf670ba2645a027c3cfd00a675282"}', 'cc05fe665354959a94593bbbafa6df89931803d4a5e06c0e7e90381735ccad0d', '{"salt":"262c4105ec2486d83f299ba75e33a737","message":"Superseded by commit 63acb191.","data":{"explanation":"0 of 1: needs one more approval."}}');
INSERT INTO public.audit VALUES (28, '3714b102-eaf0-51ac-a66b-2a61bd69ec43', '{"seq":28,"at":1796083690395954,"kind":"opened","request_id":"3714b102-eaf0-51ac-a66b-2a61bd69ec43","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"ce51eae85cc26e539a1fcfbf03538ddc39b5fe96f24e9e68cd5c423b011d96bb"},"personal":"5fda03162dc254702ff09d986a46c65a61fa97d7341c156cc8527ad07e80dd51"}', 'b2bacc77771474480faf8747334bc0a69b508add7157bf10b14510e5c8af6c37', '{"salt":"7fcff3825840846405e3ff74da28b5fb","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"63acb19164118f0cc3719612eab17d03f4f08298","facts":{"gitlab":"main","project":"data/reports","check":"Change approval","title":"Remove e-mail addresses from the export","url":"http://127.0.0.1:18929/data/reports/-/merge_requests/2","source_branch":"2-remove-e-mail-addresses-from","target_branch":"main","author_id":7,"author_name":"Emi Tanaka","pushed_by":[7],"labels":["privacy"],"draft":false},"decisions":[],"round_began_at":1796083690376088,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (29, 'e47697a1-7e9d-55aa-81c5-18bf7d949dad', '{"seq":29,"at":1796083690395954,"kind":"received","request_id":"e47697a1-7e9d-55aa-81c5-18bf7d949dad","data":{"delivery_id":"01a22eee-2b88-714e-bf2f-2c3c86eb653f","hook":"default","action":"update","sha":"c295ea9b42dd66a24f4e614aa8c580344c2e675b","target_branch":"main","state":"opened","body_sha256":"944af5e05a58fd6550dc5074bf278a16c74fbd791fc01f0ddec941f1388dc029"},"personal":"15ded66e3aa2bdd56a7301b4c0a1393bbab345b70c8f3b117247ec770cc82e23"}', '9a057506c03ce915edbbadebc129a5fdd95651969b2f5ba94d98697a12f479f3', '{"salt":"08b91d892ccd109249e813974ad84ea5","message":"GitLab called (update by Daniel Novák): commit c295ea9b."}');
INSERT INTO public.audit VALUES (30, '96340086-e74a-5d77-9e97-ed2f63226c6a', '{"seq":30,"at":1796083690395954,"kind":"became","request_id":"96340086-e74a-5d77-9e97-ed2f63226c6a","data":{"was":"waiting","state":"superseded","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03"},"personal":"13742051a1a7b36ade106f40fd19f33fdfb42e09eececeaf7c9c26c25c83a916"}', 'ec02d9193bc7800b224371b9bb877932d6d1f85c93181b640754b646da5860ba', '{"salt":"02deac06056ab904c308c800895deddc","message":"Superseded by commit c295ea9b.","data":{"explanation":"0 of 1: needs one more approval."}}');
INSERT INTO public.audit VALUES (31, 'e47697a1-7e9d-55aa-81c5-18bf7d949dad', '{"seq":31,"at":1796083690395954,"kind":"opened","request_id":"e47697a1-7e9d-55aa-81c5-18bf7d949dad","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"8b8cbc401f2b51313d84cb5f1d0beac738a1f429775c563db13c23ba838c75d3"},"personal":"73d172a1acd76fda5e7314d236f22ebdf58e1b008a693388daa2ef9a021b9c62"}', 'b9052542bdcb51410389dcc388159778e968f669450ee06f33f8bc8003b718a8', '{"salt":"d98bd11404ec02fb9837bf7adc3fcbff","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"c295ea9b42dd66a24f4e614aa8c580344c2e675b","facts":{"gitlab":"main","project":"shop/payments","check":"Change approval","title":"Store refunds in their own table","url":"http://127.0.0.1:18929/shop/payments/-/merge_requests/2","source_branch":"2-store-refunds-in-their-own","target_branch":"main","author_id":6,"author_name":"Daniel Novák","pushed_by":[6],"labels":["database"],"draft":false},"decisions":[],"round_began_at":1796083690376576,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (32, '0a368592-1dc8-5c17-bef2-30d237f4a32d', '{"seq":32,"at":1796083690395954,"kind":"received","request_id":"0a368592-1dc8-5c17-bef2-30d237f4a32d","data":{"delivery_id":"01a22eee-2b89-74f2-90ff-6b4b1a441c4a","hook":"default","action":"update","sha":"ad9c39fe502628a1bf2d64ea7fd1951794e53e69","target_branch":"main","state":"opened","body_sha256":"cb20dece58951f49f954a052f56bab3be3118c0756e83e47ef29633904cfde2a"},"personal":"6575b31d31f7a84a84726f92a4daa8a4670f50bf399c69842028978fd990ab63"}', '7a7243c601ea871f574929e06286c93927e629eeb9fd216ce456592366a354c4', '{"salt":"6e2a6f6ef157ad81aae45d1a08c8e812","message":"GitLab called (update by Farid Haddad): commit ad9c39fe."}');
INSERT INTO public.audit VALUES (33, 'e3f5aaea-6515-5115-aaf6-8fb6fc9315b4', '{"seq":33,"at":1796083690395954,"kind":"became","request_id":"e3f5aaea-6515-5115-aaf6-8fb6fc9315b4","data":{"was":"waiting","state":"superseded","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03"},"personal":"51f613a651b3521e1ede2c94228a8581c5aea7cc48f1509a30a2699779f3a73b"}', 'ed4547e2cf633aed838722c15aa6fde729d0ff70de531aa43bcb1fd00b61e0c5', '{"salt":"fea6191a053d1fd131a61cdfe40347c8","message":"Superseded by commit ad9c39fe.","data":{"explanation":"0 of 1: needs one more approval."}}');
INSERT INTO public.audit VALUES (34, '0a368592-1dc8-5c17-bef2-30d237f4a32d', '{"seq":34,"at":1796083690395954,"kind":"opened","request_id":"0a368592-1dc8-5c17-bef2-30d237f4a32d","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"4e6a29677f28dd0b217a89f323f9aa113527c131f66895399adf9d025d17122d"},"personal":"09ab63dcabb5317eca8850573fcf35f74f4221917d4f4e9246895056729d853a"}', '327fd0a2bfe7afbe9fb35dc538123dfb4672454548977f233b11bcb31ced9664', '{"salt":"2e43a75f279538130fd201b640b86635","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"ad9c39fe502628a1bf2d64ea7fd1951794e53e69","facts":{"gitlab":"main","project":"platform/deploy-tools","check":"Change approval","title":"Raise the memory limit of the build workers","url":"http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/1","source_branch":"1-raise-the-memory-limit-of","target_branch":"main","author_id":8,"author_name":"Farid Haddad","pushed_by":[8],"labels":["infrastructure"],"draft":false},"decisions":[],"round_began_at":1796083690378150,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (35, 'a988ac53-e786-5bda-b0cf-aafed9e238c7', '{"seq":35,"at":1796083690395954,"kind":"received","request_id":"a988ac53-e786-5bda-b0cf-aafed9e238c7","data":{"delivery_id":"01a22eee-2b8b-774a-a445-67750f18cb4f","hook":"default","action":"update","sha":"8b3e2f24dd2c5277c1b66b121be850cfe45232ae","target_branch":"main","state":"opened","body_sha256":"32fb954b1bbb5ec2d30b085708d928cf6aac8d23e453e4d8dd3ad2df7b1f9fce"},"personal":"7590d4d8f8dc31da5c276dced153cf74249cbd0a245cc8b492c0e16baeb489ac"}', '09b592ab5bb629e1aa507649ebe3547517fd5096e594e410b04071ef1672aaf1', '{"salt":"7acc0027c37e1e65082344d313fca789","message":"GitLab called (update by Amara Okafor): commit 8b3e2f24."}');
INSERT INTO public.audit VALUES (36, '09d723a1-24e3-56d2-9e90-bdfa24bc617d', '{"seq":36,"at":1796083690395954,"kind":"became","request_id":"09d723a1-24e3-56d2-9e90-bdfa24bc617d","data":{"was":"waiting","state":"superseded","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03"},"personal":"9750924bd2b19e6f23680350ef053986355592aed0367d028ebca5891f6ea52a"}', '3f5c2764f1f1060924de7281fce43c47d5f5cd81aaa3b75c5af1c8185c52a553', '{"salt":"a4e35035b6bc535f8236394bb36ede54","message":"Superseded by commit 8b3e2f24.","data":{"explanation":"0 of 1: needs one more approval."}}');
INSERT INTO public.audit VALUES (41, '09c58cb7-05bb-5106-9543-2dacd8e43b0d', '{"seq":41,"at":1796083698327989,"kind":"decided","request_id":"09c58cb7-05bb-5106-9543-2dacd8e43b0d","data":{"source":"ui","decision_id":"01a22eee-4a96-70df-a809-7b47b30c41b2","digest":"e4e52ef19a93f03af4a62a70a40f0e547d86dcf7f9b80f6238027c5b4a39a4e1","signature":null,"verdict":"approve","break_glass":false,"sha":"0e93467facba2de96271223ea04e9d23ff37704a","code":"accepted","round":0},"personal":"4fe17e6f59de9acfd48f9a637e933d6e6d079c09cffb95b618bcebe20f478b1f"}', '86a1e6e6859bf24b6c4bc80f0203f9b6e778267929cb57b0df01c6aa2381ea6c', '{"salt":"c9acd0dd11fcfab4f7d3064b48f0a392","message":"Ada (ui) approved.","data":{"actor_id":"ada"}}');
INSERT INTO public.audit VALUES (37, 'a988ac53-e786-5bda-b0cf-aafed9e238c7', '{"seq":37,"at":1796083690395954,"kind":"opened","request_id":"a988ac53-e786-5bda-b0cf-aafed9e238c7","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"7da87be239e85e37b0c275cbd0cd345fe0eb66cdb5c3420294693ab935eb16c6"},"personal":"c4c4f23a1a7375321e48d157249ca240a04db95ebda10c8ebf6fbbacc2667483"}', '3f0db3f27f22442e0471d9372e4d4ffca4b564b0d6b98ed36b92b31270454fd1', '{"salt":"8868e6407efb0cb85a45b80e08f8ea8b","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"8b3e2f24dd2c5277c1b66b121be850cfe45232ae","facts":{"gitlab":"main","project":"shop/storefront","check":"Change approval","title":"Load product images lazily","url":"http://127.0.0.1:18929/shop/storefront/-/merge_requests/1","source_branch":"1-load-product-images-lazily","target_branch":"main","author_id":3,"author_name":"Amara Okafor","pushed_by":[3],"labels":["performance"],"draft":false},"decisions":[],"round_began_at":1796083690379746,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (38, '4c79ef6c-131a-5735-af75-ce79024de021', '{"seq":38,"at":1796083690395954,"kind":"received","request_id":"4c79ef6c-131a-5735-af75-ce79024de021","data":{"delivery_id":"01a22eee-2b8f-7192-b145-b51ffffdabe2","hook":"default","action":"update","sha":"fb7334afe2e9445cb9dc31f707241f87cc36c8e1","target_branch":"main","state":"opened","body_sha256":"c979995862cb89c603264a9c71dae1a9bf701bcfbb3e6d59ecf2516bb0faced9"},"personal":"68344b061b0c3e1bdd2d65de2691a48fa4353333fc49703a76a86ab9375fcab8"}', '7ba983feacb612f5f7a3b7e7cf04e5015d25c54a830f8e9b8329f43b26109a42', '{"salt":"1cc08647a308feab8779f2430e6fada7","message":"GitLab called (update by Amara Okafor): commit fb7334af."}');
INSERT INTO public.audit VALUES (39, 'a988ac53-e786-5bda-b0cf-aafed9e238c7', '{"seq":39,"at":1796083690395954,"kind":"became","request_id":"a988ac53-e786-5bda-b0cf-aafed9e238c7","data":{"was":"waiting","state":"superseded","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03"},"personal":"a12740b20e7edae7ca710065753e6cd0063535efdad51a09c062e24f9e02f3fe"}', '5c55b68890e5c7c73fb4544677a97d996aa0cbcead898f613f36980dcb89f0b2', '{"salt":"f7bb6620f3c7d7f6f0631b492be880f5","message":"Superseded by commit fb7334af.","data":{"explanation":"0 of 1: needs one more approval."}}');
INSERT INTO public.audit VALUES (40, '4c79ef6c-131a-5735-af75-ce79024de021', '{"seq":40,"at":1796083690395954,"kind":"opened","request_id":"4c79ef6c-131a-5735-af75-ce79024de021","data":{"state":"waiting","policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"waiting","inputs_sha256":"d5031cafbced3264161741da7ad2be1b7530e20809beb38308272a77b60f0a33"},"personal":"ca26bdef24024313fcf49595e03fd672cc89b551c0c2a3b120477d6770f8e9a5"}', '281a5cac76434cf55540ba2f5c835d0bd89d159cdd922a7a45ea9f41f93ac7c7', '{"salt":"9cfdfb795eafd32a64af9d73f640ab53","message":"0 of 1: needs one more approval.","data":{"explanation":"0 of 1: needs one more approval.","inputs":{"sha":"fb7334afe2e9445cb9dc31f707241f87cc36c8e1","facts":{"gitlab":"main","project":"shop/storefront","check":"Change approval","title":"Load product images lazily","url":"http://127.0.0.1:18929/shop/storefront/-/merge_requests/1","source_branch":"1-load-product-images-lazily","target_branch":"main","author_id":3,"author_name":"Amara Okafor","pushed_by":[3],"labels":["performance"],"draft":false},"decisions":[],"round_began_at":1796083690383529,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (42, '09c58cb7-05bb-5106-9543-2dacd8e43b0d', '{"seq":42,"at":1796083698327989,"kind":"became","request_id":"09c58cb7-05bb-5106-9543-2dacd8e43b0d","data":{"was":"waiting","state":"approved","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"approved","inputs_sha256":"064b8939d37662a4a71f7c8d696a16eca477df51ce0898e81d716e5d2914e477"},"personal":"ed75aea390686ed28ccdc7b09f9b0de651b1f02cea1528bb3c256192bf4301ff"}', 'ef71699579791a5511cc9b88ee5949170283d41eb94ac899d868ed23928f4ce1', '{"salt":"5b311950fd3f7b797470f86c337be556","message":"Approved by Ada.","data":{"explanation":"Approved by Ada.","inputs":{"sha":"0e93467facba2de96271223ea04e9d23ff37704a","facts":{"gitlab":"main","project":"data/reports","check":"Change approval","title":"Count returning customers by week","url":"http://127.0.0.1:18929/data/reports/-/merge_requests/1","source_branch":"1-count-returning-customers-by-week","target_branch":"main","author_id":9,"author_name":"Grace Mbeki","pushed_by":[],"labels":[],"draft":false},"decisions":[{"id":"22bb4cf4-258a-5b53-854b-62a5109cf34b","source":"ui","actor":"ada","name":"Ada","groups":[],"word":"approve","break_glass":false,"reason":"","at":1796083698327064}],"round_began_at":1796083690369232,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (43, '09c58cb7-05bb-5106-9543-2dacd8e43b0d', '{"seq":43,"at":1796083698327989,"kind":"asked","request_id":"09c58cb7-05bb-5106-9543-2dacd8e43b0d","data":{"command_id":"4d44f006-82b2-5a87-9c54-581c3327a15c","status":"passed"},"personal":"387714fa80f9bd7fa37d415164a0df7fe329f4cacb55d95a12639511ff90ca31"}', 'c238165fd2fda2e738b999bc1f2939bb68c16814bcdeae1160de774f168e5e15', '{"salt":"0bab3750df83531b767f412235e97ffe","message":"GitLab is to show passed."}');
INSERT INTO public.audit VALUES (44, '09c58cb7-05bb-5106-9543-2dacd8e43b0d', '{"seq":44,"at":1796083698349496,"kind":"answered","request_id":"09c58cb7-05bb-5106-9543-2dacd8e43b0d","data":{"outcome_id":"01a22eee-4aab-711a-9d9e-2b2d517ff551","command_id":"4d44f006-82b2-5a87-9c54-581c3327a15c","status":"passed","result":"RESULT_DELIVERED","code":"stored","http_status":201,"attempt":1},"personal":"0915008a380e6acffc89a3f7117f3c6bd0e6b2f607127147cc17064a242b60d1"}', 'b3e87bb4e534d797d5e741aa72077ef546a41028446fb3f4d41921127ac24e1c', '{"salt":"1a0a00dadde32992e8bdb99fc0d37e47","message":"GitLab stored passed."}');
INSERT INTO public.audit VALUES (48, '0a368592-1dc8-5c17-bef2-30d237f4a32d', '{"seq":48,"at":1796083698431429,"kind":"answered","request_id":"0a368592-1dc8-5c17-bef2-30d237f4a32d","data":{"outcome_id":"01a22eee-4afe-70c3-abff-b135256519d8","command_id":"e4f80633-9206-55df-b742-1d0e763463ff","status":"passed","result":"RESULT_DELIVERED","code":"stored","http_status":201,"attempt":1},"personal":"f501612a432c6e704562ed2d05489e6e693dfc5367c4a8458bff834c885ea01e"}', '3c46f9884f0ef116446bd5969b5f181e0ce05793bce65bc9b0a7967aa5c3eb1d', '{"salt":"7343b2753516b300aab90f4ad663d689","message":"GitLab stored passed."}');
INSERT INTO public.audit VALUES (49, '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', '{"seq":49,"at":1796083698492786,"kind":"decided","request_id":"0b42af94-27b0-59cd-8b8c-1f00c1260ebd","data":{"source":"ui","decision_id":"01a22eee-4b3b-73f6-8bdd-5032722f2a7c","digest":"01503d444367cf1b58f6036c3681323b3103c64309195042c8a233cb252359ab","signature":null,"verdict":"reject","break_glass":false,"sha":"9f97d6cb29e63707e62436373d6a586bbf793808","code":"accepted","round":0},"personal":"1174956626a7f59e782217200b69b133346eb17948833eee1141bee4936c5eea"}', 'cfee2000a64ee5eb329d5a73a5168e68199575192fc24ad8a01db2a3121160a4', '{"salt":"72e8f257d3a1fec97f02f375950e5fde","message":"Ada (ui) rejected: No tests","data":{"actor_id":"ada"}}');
INSERT INTO public.audit VALUES (50, '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', '{"seq":50,"at":1796083698492786,"kind":"became","request_id":"0b42af94-27b0-59cd-8b8c-1f00c1260ebd","data":{"was":"waiting","state":"rejected","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"rejected","inputs_sha256":"4e3baebe07b192ef68152b1192b22ff8e9d57dfce5c2bf37711fbb4968cb2546"},"personal":"2572121e193a74c7e98969d7bc194cfe216b79bb067d83c4e718e290837a3c52"}', '737933ea5d7b84a741fb832b0252df601fbaa4d49c3be6caf72899b012527741', '{"salt":"14924caf3107f75d068c3b394fd84815","message":"Rejected by Ada.","data":{"explanation":"Rejected by Ada.","inputs":{"sha":"9f97d6cb29e63707e62436373d6a586bbf793808","facts":{"gitlab":"main","project":"shop/storefront","check":"Change approval","title":"Draft: Try a shorter checkout","url":"http://127.0.0.1:18929/shop/storefront/-/merge_requests/3","source_branch":"3-try-a-shorter-checkout","target_branch":"main","author_id":7,"author_name":"Emi Tanaka","pushed_by":[],"labels":[],"draft":true},"decisions":[{"id":"b4a028ba-12f9-5f38-ad3f-dd867abfae75","source":"ui","actor":"ada","name":"Ada","groups":[],"word":"reject","break_glass":false,"reason":"No tests","at":1796083698491972}],"round_began_at":1796083690367101,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (51, '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', '{"seq":51,"at":1796083698492786,"kind":"asked","request_id":"0b42af94-27b0-59cd-8b8c-1f00c1260ebd","data":{"command_id":"a7d4330b-07ae-5b74-8b98-b083a0f14fb5","status":"failed"},"personal":"db1ba0a58dd9ac63f8dec6eb75c4bec5dad40e04930247a8cb23717c779f7ac1"}', '79a7a72f9b81eb383250c9be6db8539949d22b84c02ae6aca82fd3664f907196', '{"salt":"88d4bb7a4557d7740cfa5902b77847b6","message":"GitLab is to show failed."}');
INSERT INTO public.audit VALUES (52, '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', '{"seq":52,"at":1796083698505378,"kind":"answered","request_id":"0b42af94-27b0-59cd-8b8c-1f00c1260ebd","data":{"outcome_id":"01a22eee-4b48-7765-93d9-0fe779b7d630","command_id":"a7d4330b-07ae-5b74-8b98-b083a0f14fb5","status":"failed","result":"RESULT_DELIVERED","code":"stored","http_status":201,"attempt":1},"personal":"f24c28386083d4f9b7adfa862363db8014fff082f7c6384856a817686a4c2d37"}', 'd8d1efc714e68dd28f2320698849d5235e53b7675f5b2cf3782a22cbe862dc63', '{"salt":"a7a73ca80829a90e62d05b2e4d83ba5f","message":"GitLab stored failed."}');
INSERT INTO public.audit VALUES (45, '0a368592-1dc8-5c17-bef2-30d237f4a32d', '{"seq":45,"at":1796083698413197,"kind":"decided","request_id":"0a368592-1dc8-5c17-bef2-30d237f4a32d","data":{"source":"ui","decision_id":"01a22eee-4aec-7598-9dac-ff398602a6a3","digest":"5416658605a3d5e849033805607f521f6aa4c62671095a925d3813f5c83c95ef","signature":null,"verdict":"approve","break_glass":false,"sha":"ad9c39fe502628a1bf2d64ea7fd1951794e53e69","code":"accepted","round":0},"personal":"e4ac3853caa6d9a7f5704ca3135ed21e02aa4516cd8fa71de32b8fddd0d1ae52"}', '84300eb4fc11f76b8e863ab6faab76df81a568059f3d5c85f4204130a0426bc7', '{"salt":"7d1c8214bde88da214818981fd4a1a1d","message":"Ada (ui) approved: Looks good","data":{"actor_id":"ada"}}');
INSERT INTO public.audit VALUES (46, '0a368592-1dc8-5c17-bef2-30d237f4a32d', '{"seq":46,"at":1796083698413197,"kind":"became","request_id":"0a368592-1dc8-5c17-bef2-30d237f4a32d","data":{"was":"waiting","state":"approved","round":0,"policy":"9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03","verdict":"approved","inputs_sha256":"829298b570e668ca9f1f912d176a26c82645fae20738b8a3abd4825dccc850f6"},"personal":"0a6d64cfd5309f90bfd96f1b942d1a1e0f67b5dd405fedb3e8072aca99dd68d5"}', 'd21a85110ccb5318faeae89c5cdb62015430205cd06f9928fb61e39832a12307', '{"salt":"09e83a6b89c29bf0b22ec7a866bee060","message":"Approved by Ada.","data":{"explanation":"Approved by Ada.","inputs":{"sha":"ad9c39fe502628a1bf2d64ea7fd1951794e53e69","facts":{"gitlab":"main","project":"platform/deploy-tools","check":"Change approval","title":"Raise the memory limit of the build workers","url":"http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/1","source_branch":"1-raise-the-memory-limit-of","target_branch":"main","author_id":8,"author_name":"Farid Haddad","pushed_by":[8],"labels":["infrastructure"],"draft":false},"decisions":[{"id":"4b0b2be8-e285-586c-a2e5-1e0f3b68724f","source":"ui","actor":"ada","name":"Ada","groups":[],"word":"approve","break_glass":false,"reason":"Looks good","at":1796083698412518}],"round_began_at":1796083690378150,"passed":null,"frozen_at":null,"automatic_since":null}}}');
INSERT INTO public.audit VALUES (47, '0a368592-1dc8-5c17-bef2-30d237f4a32d', '{"seq":47,"at":1796083698413197,"kind":"asked","request_id":"0a368592-1dc8-5c17-bef2-30d237f4a32d","data":{"command_id":"e4f80633-9206-55df-b742-1d0e763463ff","status":"passed"},"personal":"2e7a4705ef6ef8e73566e953b3fc8a07026e46dec6e7e12245dce93f7fb172d0"}', 'f964babc5d2804709ad0e18de85d05cb3264ee423f528e4bf853c376f440b97c', '{"salt":"8da6d447f1c8262a2b7846a2a06a7afa","message":"GitLab is to show passed."}');
INSERT INTO public.checkpoint VALUES (52, 'countersign
52
WkrxBKc8kgEtOZN5vhmnYQbN9uSNvA/Cq3meiekXyHE=
— countersign eMOjE17wkAzv9beLVc6wIDa+u6IOLBqyIwijzq6h3kQ8kYIZvxiVAjcGMk2PzhfFv9NUjl7Mo2m386cPM8v+nc6Mpwc=
', 1796083699562997);
INSERT INTO public.decision VALUES ('22bb4cf4-258a-5b53-854b-62a5109cf34b', 'ui', '01a22eee-4a96-70df-a809-7b47b30c41b2', '09c58cb7-05bb-5106-9543-2dacd8e43b0d', 'approve', '0e93467facba2de96271223ea04e9d23ff37704a', 'ada', 'Ada', '', '[]', '', '[]', true, 'accepted', 'Recorded: approve. Approved by Ada.', 0, 1796083698327064, 'e4e52ef19a93f03af4a62a70a40f0e547d86dcf7f9b80f6238027c5b4a39a4e1', 1, false, false);
INSERT INTO public.decision VALUES ('4b0b2be8-e285-586c-a2e5-1e0f3b68724f', 'ui', '01a22eee-4aec-7598-9dac-ff398602a6a3', '0a368592-1dc8-5c17-bef2-30d237f4a32d', 'approve', 'ad9c39fe502628a1bf2d64ea7fd1951794e53e69', 'ada', 'Ada', '', '[]', 'Looks good', '[]', true, 'accepted', 'Recorded: approve. Approved by Ada.', 0, 1796083698412518, '5416658605a3d5e849033805607f521f6aa4c62671095a925d3813f5c83c95ef', 2, false, false);
INSERT INTO public.decision VALUES ('b4a028ba-12f9-5f38-ad3f-dd867abfae75', 'ui', '01a22eee-4b3b-73f6-8bdd-5032722f2a7c', '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', 'reject', '9f97d6cb29e63707e62436373d6a586bbf793808', 'ada', 'Ada', '', '[]', 'No tests', '[]', true, 'accepted', 'Recorded: reject. Rejected by Ada.', 0, 1796083698491972, '01503d444367cf1b58f6036c3681323b3103c64309195042c8a233cb252359ab', 3, false, false);
INSERT INTO public.delivery VALUES ('01a22eee-2b74-76f5-a0de-c7a49a9795d3', 'f6603440-bd94-59ee-9fa8-82316dfa5f38', 'main', 'default', 'call', 12, 2, 20, 'f75e58b6fd297f323f0d0c6e5edfb85d577ecb5a', 'open', '9e89fa860bd92dcb5d3356d8030c4bc2bb3ae8613376daebdbf59cac2db10ba7', 1796083690356531, 1796083690358954);
INSERT INTO public.delivery VALUES ('01a22eee-2b76-75e8-8516-27e770a78a9d', '09d723a1-24e3-56d2-9e90-bdfa24bc617d', 'main', 'default', 'call', 12, 1, 20, 'e600c0cb4a6ef7d2b2a43e69159ced5b64118839', 'open', '66f9e88b7cf2325d630b3c7e7375632589d1e4bb4effe2f6a7f09bab3a4e9dcb', 1796083690358679, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7a-773c-a431-88053de7c0f6', '846c1ed4-5975-55d6-875b-020e9669aa8b', 'main', 'default', 'call', 18, 2, 23, 'f4eeb90b3cdbc280ba85703ac6899fc1a532ac52', 'open', '3aff45f70562f8c3c5e60ea5b429f2e91b68bca9f0e6b9238cb94aa3a77de780', 1796083690362382, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7a-773c-a431-880666e03102', 'b1f53cfa-8099-543d-8cc9-7ac31e5cf352', 'main', 'default', 'call', 18, 3, 23, '1a9420e64ad5cc941fde8f2a1e8b5b41cf938a5c', 'open', 'bbd7e5af294d0837664233b0c9da06d8472f5e9fd56cfa756c70a14d80013835', 1796083690362990, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7b-744a-8f6c-480bcacf8709', '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', 'main', 'default', 'call', 12, 3, 20, '9f97d6cb29e63707e62436373d6a586bbf793808', 'open', '8be7a35e98c0037f21adb19af034892d667495b16b1803a1745409cad98abedc', 1796083690363137, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7d-761f-b6b0-774629942bb9', '36232a36-5a2f-5d1c-a6ef-273723f04c6f', 'main', 'default', 'call', 16, 3, 22, 'a0a9b8f2769b1ee8113a5a3302f1d5e4df8e1cfc', 'open', '6a0a4deebf4c79a74f42389e4878cb334e421f35aed420a5c20a56c9848ab55a', 1796083690365187, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7d-761f-b6b0-77479ba22cc2', 'e3f5aaea-6515-5115-aaf6-8fb6fc9315b4', 'main', 'default', 'call', 16, 1, 22, '7a0871526cc10545acb03803dd668fedfe4ea441', 'open', '54b923c97ca0f3fd0c4db22ba43ada6d340a0f683ce10776f101a71be627404b', 1796083690365221, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7d-761f-b6b0-7748cf11c24d', '895e7eae-0848-54aa-84e6-4e2ef76f2810', 'main', 'default', 'call', 16, 2, 22, '1618d5c03ed529eb72226ed8ccc7adc23e3fefe2', 'open', 'e1611d34cadb995f7a0c7b1bd050392e587abb90851708f5834af88fe10d41ba', 1796083690365367, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7d-761f-b6b0-77492960733c', '09c58cb7-05bb-5106-9543-2dacd8e43b0d', 'main', 'default', 'call', 18, 1, 23, '0e93467facba2de96271223ea04e9d23ff37704a', 'open', '9f6a6058bb74e8e2f14c42b9416691aacfe60df383b621e347668e5bf3be66b0', 1796083690365480, 1796083690371346);
INSERT INTO public.delivery VALUES ('01a22eee-2b7d-761f-b6b0-774a87da429c', '7ee11ad1-036e-511c-8882-0b592b5d8f62', 'main', 'default', 'call', 14, 3, 21, 'e5a5df08ba0ec41f60385b514435deac2bdb6f58', 'open', 'f9940195569a6f212bd3925c1e25eaf367fec23b5d89251b538447bb4cb61047', 1796083690365649, 1796083690384791);
INSERT INTO public.delivery VALUES ('01a22eee-2b7d-761f-b6b0-774b48c352a5', '96340086-e74a-5d77-9e97-ed2f63226c6a', 'main', 'default', 'call', 14, 2, 21, 'b7d0cb5c6ca1e85c218766d56b9d648824da36a0', 'open', '78f687c14cd69bd503ad8ad431f2d7da52a18e6cc47509de02bd0791212c8c1a', 1796083690365942, 1796083690384791);
INSERT INTO public.delivery VALUES ('01a22eee-2b7d-761f-b6b0-774c33e4e24e', 'fe32846e-0365-56e1-8351-82059f0aed32', 'main', 'default', 'call', 14, 1, 21, '9520fafeadd1103f95b8871c1cef8312f1b48270', 'open', '9f088157055dc257f7d3bd41e90293f6b8483d55408ea9112d1a46f774a47495', 1796083690365961, 1796083690384791);
INSERT INTO public.delivery VALUES ('01a22eee-2b87-771e-a672-533d5122dfbb', '3714b102-eaf0-51ac-a66b-2a61bd69ec43', 'main', 'default', 'call', 18, 2, 23, '63acb19164118f0cc3719612eab17d03f4f08298', 'update', 'a3f2211d51f646128ac30af62ac0c373f94322e6ec8e2146b769dbe99d9d9892', 1796083690375815, 1796083690395954);
INSERT INTO public.delivery VALUES ('01a22eee-2b88-714e-bf2f-2c3c86eb653f', 'e47697a1-7e9d-55aa-81c5-18bf7d949dad', 'main', 'default', 'call', 14, 2, 21, 'c295ea9b42dd66a24f4e614aa8c580344c2e675b', 'update', '944af5e05a58fd6550dc5074bf278a16c74fbd791fc01f0ddec941f1388dc029', 1796083690376153, 1796083690395954);
INSERT INTO public.delivery VALUES ('01a22eee-2b89-74f2-90ff-6b4b1a441c4a', '0a368592-1dc8-5c17-bef2-30d237f4a32d', 'main', 'default', 'call', 16, 1, 22, 'ad9c39fe502628a1bf2d64ea7fd1951794e53e69', 'update', 'cb20dece58951f49f954a052f56bab3be3118c0756e83e47ef29633904cfde2a', 1796083690377992, 1796083690395954);
INSERT INTO public.delivery VALUES ('01a22eee-2b8b-774a-a445-67750f18cb4f', 'a988ac53-e786-5bda-b0cf-aafed9e238c7', 'main', 'default', 'call', 12, 1, 20, '8b3e2f24dd2c5277c1b66b121be850cfe45232ae', 'update', '32fb954b1bbb5ec2d30b085708d928cf6aac8d23e453e4d8dd3ad2df7b1f9fce', 1796083690379530, 1796083690395954);
INSERT INTO public.delivery VALUES ('01a22eee-2b8f-7192-b145-b51ffffdabe2', '4c79ef6c-131a-5735-af75-ce79024de021', 'main', 'default', 'call', 12, 1, 20, 'fb7334afe2e9445cb9dc31f707241f87cc36c8e1', 'update', 'c979995862cb89c603264a9c71dae1a9bf701bcfbb3e6d59ecf2516bb0faced9', 1796083690383376, 1796083690395954);
INSERT INTO public.known_check VALUES ('main', 12, 20, 'Change approval');
INSERT INTO public.known_check VALUES ('main', 18, 23, 'Change approval');
INSERT INTO public.known_check VALUES ('main', 16, 22, 'Change approval');
INSERT INTO public.known_check VALUES ('main', 14, 21, 'Change approval');
INSERT INTO public.ledger VALUES (1, 52, '9e18d3bd5db35cb4317db9b8011eae0ea97bec29ee30b72e11b31af2ef3db3d8acc108d2a476464ce98cd28cb55782f19a778b90789382436207ed6691c8ac1c97fc6a0c8732f46e73f50c85045b6732066a8bf164ad4c5d1ccd5f4dd5d3fac5');
INSERT INTO public.link_key VALUES (1, '015df4ed0fae168bba8b2d4ad91d2efb438197b4eee03390874abb2d994e0980');
INSERT INTO public.policy_seen VALUES (2, '9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03');
INSERT INTO public.policy_seen VALUES (1, '9120cd46c9f0c1c2f4d528315e8fe9a3c78d737abd61eb99d5f2b14d93970d03');
INSERT INTO public.response VALUES ('01a22eee-4aab-711a-9d9e-2b2d517ff551', '09c58cb7-05bb-5106-9543-2dacd8e43b0d', '4d44f006-82b2-5a87-9c54-581c3327a15c', 'passed', 'RESULT_DELIVERED', 'stored', 'GitLab stored passed.', 201, 1, 1796083698347986);
INSERT INTO public.response VALUES ('01a22eee-4afe-70c3-abff-b135256519d8', '0a368592-1dc8-5c17-bef2-30d237f4a32d', 'e4f80633-9206-55df-b742-1d0e763463ff', 'passed', 'RESULT_DELIVERED', 'stored', 'GitLab stored passed.', 201, 1, 1796083698430392);
INSERT INTO public.response VALUES ('01a22eee-4b48-7765-93d9-0fe779b7d630', '0b42af94-27b0-59cd-8b8c-1f00c1260ebd', 'a7d4330b-07ae-5b74-8b98-b083a0f14fb5', 'failed', 'RESULT_DELIVERED', 'stored', 'GitLab stored failed.', 201, 1, 1796083698504498);
INSERT INTO public.seaql_migrations VALUES ('m0001_requests', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0002_dead_letters', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0003_timing', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0004_safe_mode', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0005_repetitions', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0006_post_leases', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0007_policies', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0008_people', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0009_api_tokens', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0013_token_projects', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0014_identity_providers', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0015_automatic_approvals', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0016_break_glass', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0017_evidence', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0018_signed_decisions', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0019_project_index', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0020_link_key', 1796083686);
INSERT INTO public.seaql_migrations VALUES ('m0021_saved_views', 1796083686);
INSERT INTO public.status_check VALUES ('f6603440-bd94-59ee-9fa8-82316dfa5f38', '22caa617-553c-5ca6-b57d-63a7a4720ba5', 'main', 12, 2, 20, 'f75e58b6fd297f323f0d0c6e5edfb85d577ecb5a', NULL, 'shop/storefront', 'Change approval', 'Show delivery dates in the basket', 'http://127.0.0.1:18929/shop/storefront/-/merge_requests/2', '2-show-delivery-dates-in-the', 'main', 5, 'Chiara Rossi', '[]', false, 1796083690000000, 1796083690356828, 1796083690358954, 3, 'current', NULL, 0, 1796083690356828, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690356828, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('b1f53cfa-8099-543d-8cc9-7ac31e5cf352', '4f9c3647-c57f-5a60-937f-bf21a16a1a74', 'main', 18, 3, 23, '1a9420e64ad5cc941fde8f2a1e8b5b41cf938a5c', NULL, 'data/reports', 'Change approval', 'Update the currency table', 'http://127.0.0.1:18929/data/reports/-/merge_requests/3', '3-update-the-currency-table', 'main', 9, 'Grace Mbeki', '[]', false, 1796083690000000, 1796083690366389, 1796083690371346, 9, 'current', NULL, 0, 1796083690366389, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690366389, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('895e7eae-0848-54aa-84e6-4e2ef76f2810', '60768c3d-7dbf-53a7-bbad-6ec525a055de', 'main', 16, 2, 22, '1618d5c03ed529eb72226ed8ccc7adc23e3fefe2', NULL, 'platform/deploy-tools', 'Change approval', 'Roll back by itself when health checks fail', 'http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/2', '2-roll-back-by-itself-when', 'main', 10, 'Henrik Olsen', '[]', false, 1796083690000000, 1796083690368761, 1796083690371346, 17, 'current', NULL, 0, 1796083690368761, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690368761, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('36232a36-5a2f-5d1c-a6ef-273723f04c6f', 'a0f55dbe-fc50-55dd-bcbd-dffbdc2d8311', 'main', 16, 3, 22, 'a0a9b8f2769b1ee8113a5a3302f1d5e4df8e1cfc', NULL, 'platform/deploy-tools', 'Change approval', 'Rotate the registry credentials', 'http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/3', '3-rotate-the-registry-credentials', 'main', 8, 'Farid Haddad', '["infrastructure"]', false, 1796083690000000, 1796083690367658, 1796083690371346, 13, 'current', NULL, 0, 1796083690367658, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690367658, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('fe32846e-0365-56e1-8351-82059f0aed32', '3ce9e777-cf41-53b4-8c43-4a2ee520b0bc', 'main', 14, 1, 21, '9520fafeadd1103f95b8871c1cef8312f1b48270', NULL, 'shop/payments', 'Change approval', 'Check webhook signatures of the card provider', 'http://127.0.0.1:18929/shop/payments/-/merge_requests/1', '1-check-webhook-signatures-of-the', 'main', 4, 'Ben Lindqvist', '["security","urgent"]', false, 1796083690000000, 1796083690370982, 1796083690384791, 25, 'current', NULL, 0, 1796083690370982, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690370982, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('7ee11ad1-036e-511c-8882-0b592b5d8f62', '4480a728-aa50-5e39-87fb-faf7f1a1a21e', 'main', 14, 3, 21, 'e5a5df08ba0ec41f60385b514435deac2bdb6f58', NULL, 'shop/payments', 'Change approval', 'Round VAT per line, not per order', 'http://127.0.0.1:18929/shop/payments/-/merge_requests/3', '3-round-vat-per-line-not', 'release/2.8', 4, 'Ben Lindqvist', '["backport"]', false, 1796083690000000, 1796083690370094, 1796083690384791, 21, 'current', NULL, 0, 1796083690370094, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690370094, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('e47697a1-7e9d-55aa-81c5-18bf7d949dad', 'd097d12c-be1a-58a3-96aa-0bed86bd4570', 'main', 14, 2, 21, 'c295ea9b42dd66a24f4e614aa8c580344c2e675b', 'b7d0cb5c6ca1e85c218766d56b9d648824da36a0', 'shop/payments', 'Change approval', 'Store refunds in their own table', 'http://127.0.0.1:18929/shop/payments/-/merge_requests/2', '2-store-refunds-in-their-own', 'main', 6, 'Daniel Novák', '["database"]', false, 1796083690000000, 1796083690376576, 1796083690395954, 31, 'current', NULL, 0, 1796083690376576, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690376576, '[6]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('a988ac53-e786-5bda-b0cf-aafed9e238c7', 'ebb214cc-219f-572e-a95e-2f2300d08ed9', 'main', 12, 1, 20, '8b3e2f24dd2c5277c1b66b121be850cfe45232ae', 'e600c0cb4a6ef7d2b2a43e69159ced5b64118839', 'shop/storefront', 'Change approval', 'Load product images lazily', 'http://127.0.0.1:18929/shop/storefront/-/merge_requests/1', '1-load-product-images-lazily', 'main', 3, 'Amara Okafor', '["performance"]', false, 1796083690000000, 1796083690379746, 1796083690395954, 39, 'superseded', 'fb7334afe2e9445cb9dc31f707241f87cc36c8e1', 0, 1796083690379746, 'waiting', '0 of 1: needs one more approval.', 'superseded', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690379746, '[3]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('09c58cb7-05bb-5106-9543-2dacd8e43b0d', '584a28ff-bcd8-5888-8f0e-a537d6448627', 'main', 18, 1, 23, '0e93467facba2de96271223ea04e9d23ff37704a', NULL, 'data/reports', 'Change approval', 'Count returning customers by week', 'http://127.0.0.1:18929/data/reports/-/merge_requests/1', '1-count-returning-customers-by-week', 'main', 9, 'Grace Mbeki', '[]', false, 1796083690000000, 1796083690369232, 1796083698349496, 44, 'current', NULL, 0, 1796083690369232, 'approved', 'Approved by Ada.', 'approved', 'passed', 1, NULL, NULL, false, NULL, 3, NULL, NULL, 0, NULL, 1796083698349496, NULL, 1796083690369232, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('0a368592-1dc8-5c17-bef2-30d237f4a32d', '1b425b6e-7f94-5dd2-aa20-fff6a4aa6c59', 'main', 16, 1, 22, 'ad9c39fe502628a1bf2d64ea7fd1951794e53e69', '7a0871526cc10545acb03803dd668fedfe4ea441', 'platform/deploy-tools', 'Change approval', 'Raise the memory limit of the build workers', 'http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/1', '1-raise-the-memory-limit-of', 'main', 8, 'Farid Haddad', '["infrastructure"]', false, 1796083690000000, 1796083690378150, 1796083698431429, 48, 'current', NULL, 0, 1796083690378150, 'approved', 'Approved by Ada.', 'approved', 'passed', 1, NULL, NULL, false, NULL, 3, NULL, NULL, 0, NULL, 1796083698431429, NULL, 1796083690378150, '[8]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('0b42af94-27b0-59cd-8b8c-1f00c1260ebd', 'b14db9a1-cbb6-52dc-9d57-a24b5bffaf4f', 'main', 12, 3, 20, '9f97d6cb29e63707e62436373d6a586bbf793808', NULL, 'shop/storefront', 'Change approval', 'Draft: Try a shorter checkout', 'http://127.0.0.1:18929/shop/storefront/-/merge_requests/3', '3-try-a-shorter-checkout', 'main', 7, 'Emi Tanaka', '[]', true, 1796083690000000, 1796083690367101, 1796083698505378, 52, 'current', NULL, 0, 1796083690367101, 'rejected', 'Rejected by Ada.', 'rejected', 'failed', 1, NULL, NULL, false, NULL, 3, NULL, NULL, 0, NULL, 1796083698505378, NULL, 1796083690367101, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('4c79ef6c-131a-5735-af75-ce79024de021', 'ebb214cc-219f-572e-a95e-2f2300d08ed9', 'main', 12, 1, 20, 'fb7334afe2e9445cb9dc31f707241f87cc36c8e1', '8b3e2f24dd2c5277c1b66b121be850cfe45232ae', 'shop/storefront', 'Change approval', 'Load product images lazily', 'http://127.0.0.1:18929/shop/storefront/-/merge_requests/1', '1-load-product-images-lazily', 'main', 3, 'Amara Okafor', '["performance"]', false, 1796083690000000, 1796083690383529, 1796083690395954, 40, 'current', NULL, 0, 1796083690383529, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690383529, '[3]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('3714b102-eaf0-51ac-a66b-2a61bd69ec43', '223f0150-ad95-5185-8b3a-1978f47b2451', 'main', 18, 2, 23, '63acb19164118f0cc3719612eab17d03f4f08298', 'f4eeb90b3cdbc280ba85703ac6899fc1a532ac52', 'data/reports', 'Change approval', 'Remove e-mail addresses from the export', 'http://127.0.0.1:18929/data/reports/-/merge_requests/2', '2-remove-e-mail-addresses-from', 'main', 7, 'Emi Tanaka', '["privacy"]', false, 1796083690000000, 1796083690376088, 1796083690395954, 28, 'current', NULL, 0, 1796083690376088, 'waiting', '0 of 1: needs one more approval.', 'waiting', 'nothing', 0, NULL, NULL, false, NULL, 1, NULL, NULL, 0, NULL, 0, NULL, 1796083690376088, '[7]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('e3f5aaea-6515-5115-aaf6-8fb6fc9315b4', '1b425b6e-7f94-5dd2-aa20-fff6a4aa6c59', 'main', 16, 1, 22, '7a0871526cc10545acb03803dd668fedfe4ea441', NULL, 'platform/deploy-tools', 'Change approval', 'Raise the memory limit of the build workers', 'http://127.0.0.1:18929/platform/deploy-tools/-/merge_requests/1', '1-raise-the-memory-limit-of', 'main', 8, 'Farid Haddad', '["infrastructure"]', false, 1796083690000000, 1796083690368096, 1796083690395954, 33, 'superseded', 'ad9c39fe502628a1bf2d64ea7fd1951794e53e69', 0, 1796083690368096, 'waiting', '0 of 1: needs one more approval.', 'superseded', 'nothing', 0, NULL, NULL, false, NULL, 2, NULL, NULL, 0, NULL, 0, NULL, 1796083690368096, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('96340086-e74a-5d77-9e97-ed2f63226c6a', 'd097d12c-be1a-58a3-96aa-0bed86bd4570', 'main', 14, 2, 21, 'b7d0cb5c6ca1e85c218766d56b9d648824da36a0', NULL, 'shop/payments', 'Change approval', 'Store refunds in their own table', 'http://127.0.0.1:18929/shop/payments/-/merge_requests/2', '2-store-refunds-in-their-own', 'main', 6, 'Daniel Novák', '["database"]', false, 1796083690000000, 1796083690370468, 1796083690395954, 30, 'superseded', 'c295ea9b42dd66a24f4e614aa8c580344c2e675b', 0, 1796083690370468, 'waiting', '0 of 1: needs one more approval.', 'superseded', 'nothing', 0, NULL, NULL, false, NULL, 2, NULL, NULL, 0, NULL, 0, NULL, 1796083690370468, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('09d723a1-24e3-56d2-9e90-bdfa24bc617d', 'ebb214cc-219f-572e-a95e-2f2300d08ed9', 'main', 12, 1, 20, 'e600c0cb4a6ef7d2b2a43e69159ced5b64118839', NULL, 'shop/storefront', 'Change approval', 'Load product images lazily', 'http://127.0.0.1:18929/shop/storefront/-/merge_requests/1', '1-load-product-images-lazily', 'main', 3, 'Amara Okafor', '["performance"]', false, 1796083690000000, 1796083690363401, 1796083690395954, 36, 'superseded', '8b3e2f24dd2c5277c1b66b121be850cfe45232ae', 0, 1796083690363401, 'waiting', '0 of 1: needs one more approval.', 'superseded', 'nothing', 0, NULL, NULL, false, NULL, 2, NULL, NULL, 0, NULL, 0, NULL, 1796083690363401, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.status_check VALUES ('846c1ed4-5975-55d6-875b-020e9669aa8b', '223f0150-ad95-5185-8b3a-1978f47b2451', 'main', 18, 2, 23, 'f4eeb90b3cdbc280ba85703ac6899fc1a532ac52', NULL, 'data/reports', 'Change approval', 'Remove e-mail addresses from the export', 'http://127.0.0.1:18929/data/reports/-/merge_requests/2', '2-remove-e-mail-addresses-from', 'main', 7, 'Emi Tanaka', '["privacy"]', false, 1796083690000000, 1796083690366014, 1796083690395954, 27, 'superseded', '63acb19164118f0cc3719612eab17d03f4f08298', 0, 1796083690366014, 'waiting', '0 of 1: needs one more approval.', 'superseded', 'nothing', 0, NULL, NULL, false, NULL, 2, NULL, NULL, 0, NULL, 0, NULL, 1796083690366014, '[]', NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.stream_mark VALUES ('CS_INTAKE', 1796083686437078, 17);
INSERT INTO public.stream_mark VALUES ('CS_OUTCOME', 1796083686441148, 3);
INSERT INTO public.stream_mark VALUES ('CS_DECISION_UI', 1796083686455235, 3);
ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_secret_hash_key UNIQUE (secret_hash);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (size);
ALTER TABLE ONLY public.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.known_check
    ADD CONSTRAINT known_check_pkey PRIMARY KEY (gitlab, project_id, check_id);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.link_key
    ADD CONSTRAINT link_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.policy_seen
    ADD CONSTRAINT policy_seen_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.post_lease
    ADD CONSTRAINT post_lease_pkey PRIMARY KEY (request_id);
ALTER TABLE ONLY public.repetition
    ADD CONSTRAINT repetition_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.safe_mode
    ADD CONSTRAINT safe_mode_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.saved_view
    ADD CONSTRAINT saved_view_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.seaql_migrations
    ADD CONSTRAINT seaql_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.status_check
    ADD CONSTRAINT status_check_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.stream_mark
    ADD CONSTRAINT stream_mark_pkey PRIMARY KEY (stream);
CREATE INDEX audit_request ON public.audit USING btree (request_id, seq);
CREATE INDEX dead_letter_buried ON public.dead_letter USING btree (buried_at, id);
CREATE INDEX dead_letter_state ON public.dead_letter USING btree (state, buried_at, id);
CREATE UNIQUE INDEX decision_key ON public.decision USING btree (source, decision_id);
CREATE INDEX decision_request ON public.decision USING btree (request_id, at);
CREATE INDEX delivery_request ON public.delivery USING btree (request_id);
CREATE INDEX outbox_stream ON public.outbox USING btree (stream, seq);
CREATE INDEX response_request ON public.response USING btree (request_id);
CREATE UNIQUE INDEX saved_view_owner ON public.saved_view USING btree (owner, name);
CREATE INDEX session_expires ON public.session USING btree (expires_at);
CREATE INDEX session_person ON public.session USING btree (person_id);
CREATE INDEX status_check_changed ON public.status_check USING btree (changed_seq);
CREATE INDEX status_check_due ON public.status_check USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX status_check_gate ON public.status_check USING btree (gate_id);
CREATE INDEX status_check_glass_review_by ON public.status_check USING btree (glass_review_by);
CREATE UNIQUE INDEX status_check_key ON public.status_check USING btree (gitlab, project_id, iid, check_id, sha);
CREATE INDEX status_check_opened ON public.status_check USING btree (opened_at, id);
CREATE INDEX status_check_project ON public.status_check USING btree (project_path, opened_at, id);
CREATE INDEX status_check_state ON public.status_check USING btree (state, opened_at, id);
