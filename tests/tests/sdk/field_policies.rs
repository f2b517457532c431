//! Policies on fields, which the libraries before 4.7 lack.

use std::path::Path;

use dcgm::field_policies::{FieldOperator, FieldPolicy, FieldPolicyId};
use dcgm::{Client as _, EntityKind, Error, FieldId, Timestamp};

use crate::bench::{Bench, FLAVOURS};

#[test]
fn functions_of_4_7_are_missing_by_name() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let policies = bench.engine.field_policies();
        let policy = FieldPolicy::new(FieldId::GPU_TEMP, FieldOperator::GREATER, 90.0);
        let id = FieldPolicyId::from_raw(FieldId::GPU_TEMP, 1);
        let missing = [
            ("dcgmPolicyCreate", policies.create(&policy).map(drop)),
            ("dcgmPolicyModify", policies.modify(id, &policy)),
            ("dcgmPolicyDelete", policies.delete(id)),
            ("dcgmPolicyEnable", policies.set_enabled(id, true)),
            ("dcgmPolicyDisable", policies.set_enabled(id, false)),
            ("dcgmPolicyGetOne", policies.get(id).map(drop)),
            ("dcgmPolicyGetAll", policies.list().map(drop)),
            ("dcgmPolicyImport", policies.import(Path::new("/policies"))),
            (
                "dcgmPolicyGetViolations",
                policies.violations(Timestamp::NEVER).map(drop),
            ),
            ("dcgmPolicyRegister_v3", policies.register(id).map(drop)),
        ];
        for (function, outcome) in missing {
            let error = outcome.expect_err(function);
            assert!(matches!(error, Error::SymbolMissing(_)), "{error}");
            assert_eq!(error.function(), Some(function));
            assert!(error.is_unsupported());
        }
        let too_long = policies.import(Path::new(&"p".repeat(4096)));
        assert!(matches!(too_long, Err(Error::Request(_))));
        // A failed registration leaves nothing, and the client goes on.
        assert!(policies.register(id).is_err());
        let gpus = bench.engine.entity_ids(EntityKind::GPU).expect("a list");
        assert_eq!(gpus.len(), 8);
    }
}
