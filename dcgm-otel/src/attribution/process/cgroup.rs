//! The container, the pod and the job of a process, from its control groups.

/// The workload that the control groups of a process name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct CgroupNames {
    pub(super) container_id: Option<String>,
    pub(super) pod_uid: Option<String>,
    pub(super) slurm_job: Option<String>,
}

/// Reads `/proc/PID/cgroup`: a line for each hierarchy, which ends with a path.
pub(super) fn parse_cgroup(text: &str) -> CgroupNames {
    let mut names = CgroupNames::default();
    for line in text.lines() {
        let path = line.splitn(3, ':').nth(2).unwrap_or_default();
        let is_slurm = path.contains("slurm");
        let is_kubernetes = path.contains("kubepods");
        for segment in path.split('/') {
            if let Some(uid) = pod_uid(segment).filter(|_| is_kubernetes) {
                names.pod_uid.get_or_insert(uid);
            }
            if let Some(id) = container_id(segment) {
                names.container_id.get_or_insert_with(|| id.to_owned());
            }
            let job = segment.strip_prefix("job_").filter(|_| is_slurm);
            if let Some(job) = job.filter(|job| is_number(job)) {
                names.slurm_job.get_or_insert_with(|| job.to_owned());
            }
        }
    }
    names
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the UID of a pod, as in `pod1b2c…` or, with systemd, `kubepods-burstable-pod1b2c_….slice`.
fn pod_uid(segment: &str) -> Option<String> {
    let segment = segment.strip_suffix(".slice").unwrap_or(segment);
    let (_, uid) = segment.rsplit_once("pod")?;
    let uid = uid.replace('_', "-");
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    ((32..=36).contains(&uid.len()) && uid.bytes().all(is_part)).then_some(uid)
}

/// Returns the id of a container, as in `cri-containerd-1b2c….scope` or `1b2c…`: 64 hexadecimal digits.
fn container_id(segment: &str) -> Option<&str> {
    let segment = segment.strip_suffix(".scope").unwrap_or(segment);
    let id = segment.rsplit(['-', ':']).next().unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
    (id.len() == 64 && id.bytes().all(is_digit)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "1b2c3d4e1b2c3d4e1b2c3d4e1b2c3d4e1b2c3d4e1b2c3d4e1b2c3d4e1b2c3d4e";
    const UID: &str = "1b2c3d4e-0000-1111-2222-333344445555";

    fn shown(text: &str) -> String {
        let names = parse_cgroup(text);
        let short = |text: Option<String>| match text.as_deref() {
            Some(ID) => "id".to_owned(),
            Some(UID) => "uid".to_owned(),
            Some(other) => other.to_owned(),
            None => "-".to_owned(),
        };
        let CgroupNames {
            container_id,
            pod_uid,
            slurm_job,
        } = names;
        [container_id, pod_uid, slurm_job].map(short).join(" ")
    }

    #[test]
    fn containers_pods_and_jobs_are_found() {
        let underscored = UID.replace('-', "_");
        for (path, expected) in [
            (
                format!(
                    "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{underscored}.slice/cri-containerd-{ID}.scope"
                ),
                "id uid -",
            ),
            (
                format!("0::/../../kubepods-pod{underscored}.slice/crio-{ID}.scope/container"),
                "id uid -",
            ),
            (
                format!("11:memory:/kubepods/besteffort/pod{UID}/{ID}\n1:cpu:/"),
                "id uid -",
            ),
            (format!("0::/system.slice/docker-{ID}.scope"), "id - -"),
            (format!("0::/kubelet.slice/x:cri-containerd:{ID}"), "id - -"),
            (
                "4:memory:/slurm/uid_1000/job_4711/step_0/task_0".to_owned(),
                "- - 4711",
            ),
            (
                "0::/system.slice/slurmstepd.scope/job_4711/step_batch/user".to_owned(),
                "- - 4711",
            ),
            (
                "0::/user.slice/user-1000.slice/session-1.scope".to_owned(),
                "- - -",
            ),
            ("0::/job_1/podcast.slice".to_owned(), "- - -"),
            ("0::/slurm/job_x/job_".to_owned(), "- - -"),
            (format!("0::/kubepods/podcafe/{}", &ID[1..]), "- - -"),
            ("garbage".to_owned(), "- - -"),
            (String::new(), "- - -"),
        ] {
            assert_eq!(shown(&path), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-f0-9:/_.\n-]{0,60}(kubepods|slurm|)[a-z0-9:/_.\n-]{0,60}") {
            let names = parse_cgroup(&text);
            prop_assert!(names.slurm_job.is_none() || text.contains("slurm"));
        }
    }
}
