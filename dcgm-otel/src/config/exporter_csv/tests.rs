//! The lines of a file: those that are read, and those that are refused.

use super::*;

/// Returns the messages about a file's lines.
fn errors(text: &str) -> Vec<String> {
    let invalid = parse_rows(text).unwrap_err();
    let key = SettingKey::exporter_csv;
    let errors = invalid.into_iter();
    errors
        .map(|one| one.into_error(key, "csv").to_string())
        .collect()
}

#[test]
fn comments_blank_lines_and_quotes_are_read() {
    let rows = parse_rows(
        "\u{feff}# Format\n\n  # indented\nDCGM_FI_DEV_SM_CLOCK,  gauge, SM clock (in MHz).\r\n\
         DCGM_FI_DEV_FAN_SPEED, gauge, \"Fan, in \"\"percent\"\".\"\n\
         DCGM_FI_DRIVER_VERSION, label, Driver Version\n",
    );
    let (rows, labels) = rows.unwrap();
    let texts: Vec<_> = rows.iter().map(|row| (&*row.name, &*row.help)).collect();
    assert_eq!(
        texts,
        [
            ("DCGM_FI_DEV_SM_CLOCK", "SM clock (in MHz)."),
            ("DCGM_FI_DEV_FAN_SPEED", "Fan, in \"percent\"."),
        ]
    );
    assert_eq!(rows[1].field, Some(FieldId::FAN_SPEED));
    let driver = (FieldId::DRIVER_VERSION, "DCGM_FI_DRIVER_VERSION".to_owned());
    assert_eq!(labels, [driver]);
}

#[test]
fn each_wrong_line_is_reported_with_its_number() {
    let text = "# Metrics\n\
        DCGM_FI_DEV_GPU_TEMP, gauge\n\
        DCGM_FI_DEV_GPU_TEM, gauge, misspelt\n\
        DCGM_FI_DEV_GPU_TEMP, gague, misspelt\n\
        DCGM_FI_DEV_GPU_TEMP, histogram, x\n\
        DCGM_FI_DEV_CPU_MODEL, label, x\n\
        DCGM_EXP_XID_ERROR_COUNT, gauge, x\n\
        DCGM_FI_DEV_NAME, gauge, x\n\
        gpu_temp, gauge, x\n\
        DCGM_FI_DEV_GPU_TEMP, gauge, \"x\n\
        DCGM_FI_DEV_GPU_TEMP, gauge, x\n\
        DCGM_FI_DEV_GPU_TEMP, gauge, again\n";
    assert_eq!(
        errors(text),
        [
            r#"csv="line 2: DCGM_FI_DEV_GPU_TEMP, gauge": expected three columns: a field, a type and a help text"#,
            r#"csv="line 3: DCGM_FI_DEV_GPU_TEM": expected the name or number of a field of DCGM; did you mean DCGM_FI_DEV_GPU_TEMP?"#,
            r#"csv="line 4: gague": expected gauge, counter or label"#,
            r#"csv="line 5: histogram": expected gauge or counter: DCGM has no values of another type"#,
            r#"csv="line 6: DCGM_FI_DEV_CPU_MODEL": expected a field of GPUs or of the host whose value is a text or a number"#,
            r#"csv="line 7: DCGM_EXP_XID_ERROR_COUNT": expected a metric of dcgm-exporter, as in DCGM_EXP_XID_ERRORS_COUNT; did you mean DCGM_EXP_XID_ERRORS_COUNT?"#,
            r#"csv="line 8: DCGM_FI_DEV_NAME": expected a field whose values are numbers"#,
            r#"csv="line 9: gpu_temp": expected the name of a field of DCGM, as in DCGM_FI_DEV_GPU_TEMP"#,
            r#"csv="line 10: DCGM_FI_DEV_GPU_TEMP, gauge, \"x": expected three columns: a field, a type and a help text"#,
            r#"csv="line 12: DCGM_FI_DEV_GPU_TEMP": expected each metric once"#,
        ]
    );
}

#[test]
fn an_empty_or_missing_file_is_refused() {
    assert_eq!(
        errors("# nothing\n"),
        [r#"csv="line 1: ": expected at least one metric in the file"#]
    );
    let error = ExporterCsv::read("/nonexistent/counters.csv").unwrap_err();
    let text = error.to_string();
    let start =
        r#"exporter_csv="/nonexistent/counters.csv": expected a CSV file that can be read; "#;
    assert!(text.starts_with(start), "{text}");
}
