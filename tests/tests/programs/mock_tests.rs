//! Five unit tests on the mock, of a function that decides whether a GPU is too hot.

use dcgm::{Client, EntityId, FieldId, Result};

/// Returns `None` if the temperature is unknown.
fn is_hot(client: &dyn Client, gpu: u32) -> Result<Option<bool>> {
    let samples = client.read_once(&[EntityId::gpu(gpu)], &[FieldId::GPU_TEMP])?;
    let sample = samples.get(0);
    Ok(sample.and_then(|sample| Some(sample.value.ok()?.as_i64()? >= 85)))
}

#[cfg(test)]
mod tests {
    use dcgm::mock::{Call, Mock};
    use dcgm::{Error, NoValue, ReturnCode};

    use super::*;

    const GPU: EntityId = EntityId::gpu(0);

    fn mock() -> Mock {
        let mock = Mock::named("1xl4").unwrap();
        mock.connect().unwrap();
        mock
    }

    #[test]
    fn cool_gpu_is_not_hot() {
        let mock = mock();
        mock.set(GPU, FieldId::GPU_TEMP, 40);
        assert_eq!(is_hot(&mock, 0).unwrap(), Some(false));
    }

    #[test]
    fn hot_gpu_is_hot() {
        let mock = mock();
        mock.set(GPU, FieldId::GPU_TEMP, 91);
        assert_eq!(is_hot(&mock, 0).unwrap(), Some(true));
    }

    #[test]
    fn missing_temperature_is_unknown() {
        let mock = mock();
        mock.set_no_value(GPU, FieldId::GPU_TEMP, NoValue::NotSupported);
        assert_eq!(is_hot(&mock, 0).unwrap(), None);
    }

    #[test]
    fn failed_read_is_an_error() {
        let mock = mock();
        let function = Call::Latest.function();
        let code = ReturnCode::TIMEOUT;
        mock.fail_next(Call::Latest, Error::Call { function, code });
        assert!(is_hot(&mock, 0).unwrap_err().is_timeout());
    }

    #[test]
    fn stopped_engine_is_an_error() {
        let mock = mock();
        mock.stop_engine();
        assert!(is_hot(&mock, 0).unwrap_err().is_disconnected());
    }
}
