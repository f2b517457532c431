//! Tests of the responses that the simulated libraries do not send: those of 4.0, and of several hosts.

use super::*;

fn put<const N: usize>(into: &mut [c_char; N], text: &str) {
    put_text(into, text, "too long").unwrap();
}

#[test]
fn a_report_of_4_0_is_read_by_name() {
    let mut response = new_zeroed::<sys::dcgmDiagResponse_v11>();
    response.numTests = 1;
    response.numErrors = 2;
    response.numCategories = 1;
    put(&mut response.categories[0], "Integration");
    let test = &mut response.tests[0];
    put(&mut test.name, "pcie");
    test.result = sys::DCGM_DIAG_RESULT_WARN;
    test.numErrors = 3;
    // The third index is beyond the array.
    test.errorIndices[1] = 1;
    test.errorIndices[2] = 200;
    response.errors[0].code = 3;
    response.errors[1].testId = sys::DCGM_DIAG_RESPONSE_SYSTEM_ERROR;
    response.errors[1].entity.entityGroupId = sys::DCGM_FE_GPU;
    response.errors[1].entity.entityId = 4;
    put(&mut response.errors[1].msg, "no root");
    let report = report_v11(&response);
    assert_eq!(
        report.outcome(),
        TestOutcome::FAIL,
        "the system has an error"
    );
    let [test] = &report.tests[..] else {
        panic!("{report:?}")
    };
    assert_eq!((&*test.name, test.outcome), ("pcie", TestOutcome::WARN));
    assert_eq!(test.category.as_deref(), Some("Integration"));
    assert_eq!(test.errors.len(), 2);
    assert_eq!(test.errors[0].entity, None);
    assert_eq!(report.errors[0].entity, Some(EntityId::gpu(4)));
    assert_eq!(&*report.errors[0].message, "no root");
}

#[test]
fn results_of_several_hosts_are_kept_apart() {
    macro_rules! check {
        ($response:ident, $report:ident) => {{
            let mut response = new_zeroed::<sys::$response>();
            response.numHosts = 2;
            response.numTests = 1;
            response.numEntities = 2;
            response.numResults = 3;
            response.numErrors = 1;
            put(&mut response.tests[0].name, "mnubergemm");
            response.tests[0].result = sys::DCGM_DIAG_RESULT_FAIL;
            for (index, name) in ["node1", "node2"].into_iter().enumerate() {
                let id = u32::try_from(index).unwrap();
                put(&mut response.hosts[index].hostname, name);
                put(&mut response.hosts[index].driverVersion, "550.54.15");
                response.hosts[index].numEntities = 1;
                response.hosts[index].entityIndices[0] = id;
                response.entities[index].entity.entityGroupId = sys::DCGM_FE_GPU;
                response.entities[index].entity.entityId = 3 + id;
                response.results[index].hostId = id;
                response.results[index].entity.entityGroupId = sys::DCGM_FE_GPU;
                response.results[index].entity.entityId = 3 + id;
                response.results[index].result = sys::DCGM_DIAG_RESULT_FAIL * id;
            }
            // A test that is not there.
            response.results[2].testId = 7;
            response.errors[0].hostId = 1;
            response.errors[0].code = 129;
            let report = $report(&response);
            assert_eq!(report.outcome(), TestOutcome::FAIL);
            let [one, two] = &report.hosts[..] else {
                panic!("{report:?}")
            };
            assert_eq!((&*one.name, &*two.name), ("node1", "node2"));
            assert_eq!(
                one.outcomes,
                [(0, EntityOutcome::new(EntityId::gpu(3), TestOutcome::PASS))]
            );
            assert_eq!(
                two.outcomes,
                [(0, EntityOutcome::new(EntityId::gpu(4), TestOutcome::FAIL))]
            );
            assert_eq!((one.errors.len(), two.errors.len()), (0, 1));
            assert_eq!(two.errors[0].code, FailureCode::from_raw(129));
            assert_eq!(two.entities[0].entity, EntityId::gpu(4));
        }};
    }
    check!(dcgmMnDiagResponse_v1, hosts_v1);
    check!(dcgmMnDiagResponse_v2, hosts_v2);
}
