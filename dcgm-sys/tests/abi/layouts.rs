//! FACTS: the layouts, numbers and version words of DCGM 4.6.0, 4.6.1 and 3.3.9, extracted from those releases
//! by a compiler of C. Independent of `include/dcgm.h`, which is checked against it: change a row only
//! when a release says so.

layouts! {
    dcgm_cm_field_info_watcher_t, 24, 8 { watcherType @ 0, 4; connectionId @ 4, 4; monitorIntervalUsec @ 8, 8; maxAgeUsec @ 16, 8; }
    dcgm_error_meta_t, 32, 8 { errorId @ 0, 4; msgFormat @ 8, 8; suggestion @ 16, 8; severity @ 24, 4; category @ 28, 4; }
    dcgm_field_output_format_t, 16, 2 { shortName @ 0, 10; unit @ 10, 4; width @ 14, 2; }
    dcgm_field_meta_t, 72, 8 { fieldId @ 0, 2; fieldType @ 2, 1; size @ 3, 1; tag @ 4, 48; scope @ 52, 4; nvmlFieldId @ 56, 4; entityLevel @ 60, 4; valueFormat @ 64, 8; }
    dcgm_link_t, 4, 1 { }
    dcgmAffinity_t, 2312, 8 { numGpus @ 0, 4; affinityMasks @ 8, 2304; }
    dcgmAffinity_t__bindgen_ty_1, 72, 0 { dcgmGpuId @ 0, 4; bitmask @ 8, 64; }
    dcgmFieldGroupInfo_v1, 528, 8 { version @ 0, 4; numFieldIds @ 4, 4; fieldGroupId @ 8, 8; fieldGroupName @ 16, 256; fieldIds @ 272, 256; }
    dcgmAllFieldGroup_v1, 33800, 8 { version @ 0, 4; numFieldGroups @ 4, 4; fieldGroups @ 8, 33792; }
    dcgmCacheManagerFieldInfo_v4_t, 320, 8 { version @ 0, 4; flags @ 4, 4; entityId @ 8, 4; entityGroupId @ 12, 4; fieldId @ 16, 2; lastStatus @ 18, 2; oldestTimestamp @ 24, 8; newestTimestamp @ 32, 8; monitorIntervalUsec @ 40, 8; maxAgeUsec @ 48, 8; execTimeUsec @ 56, 8; fetchCount @ 64, 8; numSamples @ 72, 4; numWatchers @ 76, 4; watchers @ 80, 240; }
    dcgmClockSet_v1, 12, 4 { version @ 0, 4; memClock @ 4, 4; smClock @ 8, 4; }
    dcgmComputeInstanceProfileInfo_v1, 44, 4 { version @ 0, 4; gpuInstanceId @ 4, 4; id @ 8, 4; sliceCount @ 12, 4; instanceCount @ 16, 4; multiprocessorCount @ 20, 4; sharedCopyEngineCount @ 24, 4; sharedDecoderCount @ 28, 4; sharedEncoderCount @ 32, 4; sharedJpegCount @ 36, 4; sharedOfaCount @ 40, 4; }
    dcgmComputeInstanceProfiles_v1, 52, 4 { version @ 0, 4; profileCount @ 4, 4; profileInfo @ 8, 44; }
    dcgmConfigPerfStateSettings_t, 16, 4 { syncBoost @ 0, 4; targetClocks @ 4, 12; }
    dcgmConfigPowerLimit_t, 8, 4 { type_ @ 0, 4; val @ 4, 4; }
    dcgmConfig_v1, 40, 4 { version @ 0, 4; gpuId @ 4, 4; eccMode @ 8, 4; computeMode @ 12, 4; perfState @ 16, 16; powerLimit @ 32, 8; }
    dcgmConfig_v2, 72, 4 { version @ 0, 4; gpuId @ 4, 4; eccMode @ 8, 4; computeMode @ 12, 4; perfState @ 16, 16; powerLimit @ 32, 8; workloadPowerProfiles @ 40, 32; }
    dcgmConnectV2Params_v1, 8, 4 { version @ 0, 4; persistAfterDisconnect @ 4, 4; }
    dcgmConnectV2Params_v2, 16, 4 { version @ 0, 4; persistAfterDisconnect @ 4, 4; timeoutMs @ 8, 4; addressIsUnixSocket @ 12, 4; }
    dcgmConnectV3Params_v1, 12, 4 { version @ 0, 4; persistAfterDisconnect @ 4, 4; timeoutMs @ 8, 4; }
    dcgmCpuHierarchyOwnedCores_v1, 136, 8 { version @ 0, 4; bitmask @ 8, 128; }
    dcgmCpuHierarchyCpu_v1, 144, 8 { cpuId @ 0, 4; ownedCores @ 8, 136; }
    dcgmCpuHierarchy_v1, 1160, 8 { version @ 0, 4; numCpus @ 4, 4; cpus @ 8, 1152; }
    dcgmCpuHierarchyCpu_v2, 400, 8 { cpuId @ 0, 4; ownedCores @ 8, 136; serial @ 144, 256; }
    dcgmCpuHierarchy_v2, 3208, 8 { version @ 0, 4; numCpus @ 4, 4; cpus @ 8, 3200; }
    dcgmGroupEntityPair_t, 8, 4 { entityGroupId @ 0, 4; entityId @ 4, 4; }
    dcgmMigHierarchyInfo_t, 20, 4 { entity @ 0, 8; parent @ 8, 8; sliceProfile @ 16, 4; }
    dcgmCreateFakeEntities_v2, 8968, 4 { version @ 0, 4; numToCreate @ 4, 4; entityList @ 8, 8960; }
    dcgmCreateMigEntity_v1, 20, 4 { version @ 0, 4; parentId @ 4, 4; profile @ 8, 4; createOption @ 12, 4; flags @ 16, 4; }
    dcgmDeleteMigEntity_v1, 16, 4 { version @ 0, 4; entityGroupId @ 4, 4; entityId @ 8, 4; flags @ 12, 4; }
    dcgmDeviceIdentifiers_v1, 2064, 4 { version @ 0, 4; brandName @ 4, 256; deviceName @ 260, 256; pciBusId @ 516, 256; serial @ 772, 256; uuid @ 1028, 256; vbios @ 1284, 256; inforomImageVersion @ 1540, 256; pciDeviceId @ 1796, 4; pciSubSystemId @ 1800, 4; driverVersion @ 1804, 256; virtualizationMode @ 2060, 4; }
    dcgmDeviceMemoryUsage_v1, 20, 4 { version @ 0, 4; bar1Total @ 4, 4; fbTotal @ 8, 4; fbUsed @ 12, 4; fbFree @ 16, 4; }
    dcgmDevicePowerLimits_v1, 24, 4 { version @ 0, 4; curPowerLimit @ 4, 4; defaultPowerLimit @ 8, 4; enforcedPowerLimit @ 12, 4; minPowerLimit @ 16, 4; maxPowerLimit @ 20, 4; }
    dcgmDeviceSettings_v2, 16, 4 { version @ 0, 4; persistenceModeEnabled @ 4, 4; migModeEnabled @ 8, 4; confidentialComputeMode @ 12, 4; }
    dcgmDeviceSupportedClockSets_v1, 3080, 4 { version @ 0, 4; count @ 4, 4; clockSet @ 8, 3072; }
    dcgmDeviceThermals_v1, 12, 4 { version @ 0, 4; slowdownTemp @ 4, 4; shutdownTemp @ 8, 4; }
    dcgmDeviceAttributes_v3, 5220, 4 { version @ 0, 4; clockSets @ 4, 3080; thermalSettings @ 3084, 12; powerLimits @ 3096, 24; identifiers @ 3120, 2064; memoryUsage @ 5184, 20; settings @ 5204, 16; }
    dcgmDeviceEncStats_v1, 16, 4 { version @ 0, 4; sessionCount @ 4, 4; averageFps @ 8, 4; averageLatency @ 12, 4; }
    dcgmDeviceFbcSessionInfo_v1, 52, 4 { version @ 0, 4; sessionId @ 4, 4; pid @ 8, 4; vgpuId @ 12, 4; displayOrdinal @ 16, 4; sessionType @ 20, 4; sessionFlags @ 24, 4; hMaxResolution @ 28, 4; vMaxResolution @ 32, 4; hResolution @ 36, 4; vResolution @ 40, 4; averageFps @ 44, 4; averageLatency @ 48, 4; }
    dcgmDeviceFbcSessions_v1, 13320, 4 { version @ 0, 4; sessionCount @ 4, 4; sessionInfo @ 8, 13312; }
    dcgmDeviceFbcStats_v1, 16, 4 { version @ 0, 4; sessionCount @ 4, 4; averageFps @ 8, 4; averageLatency @ 12, 4; }
    dcgmDeviceMigAttributesInfo_v1, 56, 8 { version @ 0, 4; gpuInstanceId @ 4, 4; computeInstanceId @ 8, 4; multiprocessorCount @ 12, 4; sharedCopyEngineCount @ 16, 4; sharedDecoderCount @ 20, 4; sharedEncoderCount @ 24, 4; sharedJpegCount @ 28, 4; sharedOfaCount @ 32, 4; gpuInstanceSliceCount @ 36, 4; computeInstanceSliceCount @ 40, 4; memorySizeMB @ 48, 8; }
    dcgmDeviceMigAttributes_v1, 64, 8 { version @ 0, 4; migDevicesCount @ 4, 4; migAttributesInfo @ 8, 56; }
    dcgmDevicePidAccountingStats_v1, 40, 8 { version @ 0, 4; pid @ 4, 4; gpuUtilization @ 8, 4; memoryUtilization @ 12, 4; maxMemoryUsage @ 16, 8; startTimestamp @ 24, 8; activeTimeUsec @ 32, 8; }
    dcgmDeviceSupportedVgpuTypeInfo_v1, 64, 8 { version @ 0, 4; deviceId @ 8, 8; subsystemId @ 16, 8; numDisplayHeads @ 24, 4; maxInstances @ 28, 4; frameRateLimit @ 32, 4; maxResolutionX @ 36, 4; maxResolutionY @ 40, 4; fbTotal @ 48, 8; gpuInstanceProfileId @ 56, 4; }
    dcgmDeviceTopology_v1, 448, 8 { version @ 0, 4; cpuAffinityMask @ 8, 64; numGpus @ 72, 4; gpuPaths @ 76, 372; }
    dcgmDeviceTopology_v1__bindgen_ty_1, 12, 0 { gpuId @ 0, 4; path @ 4, 4; localNvLinkIds @ 8, 4; }
    dcgmDeviceTopology_v2, 824, 8 { version @ 0, 4; cpuAffinityMask @ 8, 64; numGpus @ 72, 4; gpuPaths @ 80, 744; }
    dcgmDeviceTopology_v2__bindgen_ty_1, 24, 0 { gpuId @ 0, 4; path @ 8, 8; localNvLinkIds @ 16, 8; }
    dcgmDeviceVgpuEncSessions_v1, 36, 4 { version @ 0, 4; encoderSessionInfo @ 4, 4; encoderSessionInfo.vgpuId @ 4, 4; encoderSessionInfo.sessionCount @ 4, 4; sessionId @ 8, 4; pid @ 12, 4; codecType @ 16, 4; hResolution @ 20, 4; vResolution @ 24, 4; averageFps @ 28, 4; averageLatency @ 32, 4; }
    dcgmDeviceVgpuProcessUtilInfo_v1, 92, 4 { version @ 0, 4; vgpuProcessUtilInfo @ 4, 4; vgpuProcessUtilInfo.vgpuId @ 4, 4; vgpuProcessUtilInfo.vgpuProcessSamplesCount @ 4, 4; pid @ 8, 4; processName @ 12, 64; smUtil @ 76, 4; memUtil @ 80, 4; encUtil @ 84, 4; decUtil @ 88, 4; }
    dcgmDeviceVgpuTypeInfo_v1, 296, 4 { version @ 0, 4; vgpuTypeInfo @ 4, 4; vgpuTypeInfo.vgpuTypeId @ 4, 4; vgpuTypeInfo.supportedVgpuTypeCount @ 4, 4; vgpuTypeName @ 8, 64; vgpuTypeClass @ 72, 64; vgpuTypeLicense @ 136, 128; deviceId @ 264, 4; subsystemId @ 268, 4; numDisplayHeads @ 272, 4; maxInstances @ 276, 4; frameRateLimit @ 280, 4; maxResolutionX @ 284, 4; maxResolutionY @ 288, 4; fbTotal @ 292, 4; }
    dcgmDeviceVgpuTypeInfo_v2, 300, 4 { version @ 0, 4; vgpuTypeInfo @ 4, 4; vgpuTypeInfo.vgpuTypeId @ 4, 4; vgpuTypeInfo.supportedVgpuTypeCount @ 4, 4; vgpuTypeName @ 8, 64; vgpuTypeClass @ 72, 64; vgpuTypeLicense @ 136, 128; deviceId @ 264, 4; subsystemId @ 268, 4; numDisplayHeads @ 272, 4; maxInstances @ 276, 4; frameRateLimit @ 280, 4; maxResolutionX @ 284, 4; maxResolutionY @ 288, 4; fbTotal @ 292, 4; gpuInstanceProfileId @ 296, 4; }
    dcgmDeviceVgpuUtilInfo_v1, 24, 4 { version @ 0, 4; vgpuId @ 4, 4; smUtil @ 8, 4; memUtil @ 12, 4; encUtil @ 16, 4; decUtil @ 20, 4; }
    dcgmDeviceWorkloadPowerProfilesStatus_v1, 100, 4 { version @ 0, 4; profileMask @ 4, 32; requestedProfileMask @ 36, 32; enforcedProfileMask @ 68, 32; }
    dcgmDiagEntity_v1, 272, 4 { entity @ 0, 8; serialNum @ 8, 256; skuDeviceId @ 264, 5; }
    dcgmDiagEntityResult_v1, 16, 4 { entity @ 0, 8; result @ 8, 4; testId @ 12, 4; }
    dcgmDiagError_v1, 536, 4 { entity @ 0, 8; code @ 8, 4; category @ 12, 4; severity @ 16, 4; msg @ 20, 512; testId @ 532, 4; }
    dcgmDiagErrorDetail_t, 1028, 4 { msg @ 0, 1024; code @ 1024, 4; }
    dcgmDiagErrorDetail_v2, 528, 4 { msg @ 0, 512; gpuId @ 512, 4; code @ 516, 4; category @ 520, 4; severity @ 524, 4; }
    dcgmDiagInfo_v1, 524, 4 { entity @ 0, 8; msg @ 8, 512; testId @ 520, 4; }
    dcgmDiagTestResult_v3, 3156, 4 { status @ 0, 4; error @ 4, 2640; info @ 2644, 512; }
    dcgmDiagResponsePerGpu_v5, 41036, 4 { gpuId @ 0, 4; hwDiagnosticReturn @ 4, 4; results @ 8, 41028; }
    dcgmDiagTestAuxData_v1, 2052, 4 { version @ 0, 4; data @ 4, 2048; }
    dcgmDiagResponse_v10, 1399484, 4 { version @ 0, 4; gpuCount @ 4, 4; levelOneTestCount @ 8, 4; levelOneResults @ 12, 50496; perGpuResponses @ 50508, 1313152; systemError @ 1363660, 528; devIds @ 1364188, 160; devSerials @ 1364348, 8192; dcgmVersion @ 1372540, 12; driverVersion @ 1372552, 256; auxDataPerTest @ 1372808, 26676; }
    dcgmDiagTestRun_v1, 4224, 4 { name @ 0, 32; pluginName @ 32, 32; result @ 64, 4; numErrors @ 68, 1; numInfo @ 69, 1; categoryIndex @ 70, 1; _unused @ 71, 1; numResults @ 72, 2; errorIndices @ 74, 32; infoIndices @ 106, 16; resultIndices @ 122, 2048; auxData @ 2172, 2052; }
    dcgmDiagResponse_v11, 1399484, 4 { version @ 0, 4; numTests @ 4, 1; numErrors @ 5, 1; numInfo @ 6, 1; numCategories @ 7, 1; numEntities @ 8, 2; numResults @ 10, 2; tests @ 12, 84480; entities @ 84492, 278528; errors @ 363020, 17152; info @ 380172, 8384; results @ 388556, 327680; categories @ 716236, 100; dcgmVersion @ 716336, 12; driverVersion @ 716348, 256; _unused @ 716604, 682880; }
    dcgmDiagTestRun_v2, 4336, 4 { name @ 0, 32; pluginName @ 32, 32; result @ 64, 4; numErrors @ 68, 1; numInfo @ 69, 1; categoryIndex @ 70, 1; _unused @ 71, 1; numResults @ 72, 2; errorIndices @ 74, 32; infoIndices @ 106, 128; resultIndices @ 234, 2048; auxData @ 2284, 2052; }
    dcgmDiagResponse_v12, 1399484, 4 { version @ 0, 4; numTests @ 4, 1; numErrors @ 5, 1; numInfo @ 6, 1; numCategories @ 7, 1; numEntities @ 8, 2; numResults @ 10, 2; tests @ 12, 86720; entities @ 86732, 278528; errors @ 365260, 17152; info @ 382412, 67072; results @ 449484, 327680; categories @ 777164, 100; dcgmVersion @ 777264, 12; driverVersion @ 777276, 256; _unused @ 777532, 621952; }
    dcgmDiagTestResult_v2, 2056, 4 { status @ 0, 4; error @ 4, 1028; info @ 1032, 1024; }
    dcgmDiagResponsePerGpu_v3, 18512, 4 { gpuId @ 0, 4; hwDiagnosticReturn @ 4, 4; results @ 8, 18504; }
    dcgmDiagResponse_v7, 627344, 4 { version @ 0, 4; gpuCount @ 4, 4; levelOneTestCount @ 8, 4; levelOneResults @ 12, 32896; perGpuResponses @ 32908, 592384; systemError @ 625292, 1028; _unused @ 626320, 1024; }
    dcgmDiagResponsePerGpu_v4, 26736, 4 { gpuId @ 0, 4; hwDiagnosticReturn @ 4, 4; results @ 8, 26728; }
    dcgmDiagResponse_v8, 890512, 4 { version @ 0, 4; gpuCount @ 4, 4; levelOneTestCount @ 8, 4; levelOneResults @ 12, 32896; perGpuResponses @ 32908, 855552; systemError @ 888460, 1028; devIds @ 889488, 160; dcgmVersion @ 889648, 12; driverVersion @ 889660, 256; _unused @ 889916, 596; }
    dcgmDiagResponse_v9, 1373404, 4 { version @ 0, 4; gpuCount @ 4, 4; levelOneTestCount @ 8, 4; levelOneResults @ 12, 50496; perGpuResponses @ 50508, 1313152; systemError @ 1363660, 528; devIds @ 1364188, 160; devSerials @ 1364348, 8192; dcgmVersion @ 1372540, 12; driverVersion @ 1372552, 256; _unused @ 1372808, 596; }
    dcgmDiagStatus_v1, 144, 4 { version @ 0, 4; totalTests @ 4, 4; completedTests @ 8, 4; testName @ 12, 128; errorCode @ 140, 4; }
    dcgmEnvVarInfo_v1, 520, 4 { version @ 0, 4; envVarName @ 4, 256; envVarValue @ 260, 256; ret @ 516, 4; }
    dcgmErrorInfo_t, 12, 4 { gpuId @ 0, 4; fieldId @ 4, 2; status @ 8, 4; }
    dcgmSummaryResponse_t, 64, 8 { fieldType @ 0, 4; summaryCount @ 4, 4; values @ 8, 56; }
    dcgmSummaryResponse_t__bindgen_ty_1, 8, 0 { i64 @ 0, 8; fp64 @ 0, 8; }
    dcgmFieldSummaryRequest_v1, 104, 8 { version @ 0, 4; fieldId @ 4, 2; entityGroupId @ 8, 4; entityId @ 12, 4; summaryTypeMask @ 16, 4; startTime @ 24, 8; endTime @ 32, 8; response @ 40, 64; }
    dcgmFieldValue_v1, 4120, 8 { version @ 0, 4; fieldId @ 4, 2; fieldType @ 6, 2; status @ 8, 4; ts @ 16, 8; value @ 24, 4096; value.i64 @ 24, 8; value.dbl @ 24, 8; value.str @ 24, 256; value.blob @ 24, 4096; }
    dcgmFieldValue_v2, 4128, 8 { version @ 0, 4; entityGroupId @ 4, 4; entityId @ 8, 4; fieldId @ 12, 2; fieldType @ 14, 2; status @ 16, 4; unused @ 20, 4; ts @ 24, 8; value @ 32, 4096; value.i64 @ 32, 8; value.dbl @ 32, 8; value.str @ 32, 256; value.blob @ 32, 4096; }
    dcgmGpuInstanceProfileInfo_v1, 56, 8 { version @ 0, 4; id @ 4, 4; isP2pSupported @ 8, 4; sliceCount @ 12, 4; instanceCount @ 16, 4; multiprocessorCount @ 20, 4; copyEngineCount @ 24, 4; decoderCount @ 28, 4; encoderCount @ 32, 4; jpegCount @ 36, 4; ofaCount @ 40, 4; memorySizeMB @ 48, 8; }
    dcgmGpuInstanceProfiles_v1, 64, 8 { version @ 0, 4; profileCount @ 4, 4; profileInfo @ 8, 56; }
    dcgmProcessUtilInfo_t, 24, 8 { pid @ 0, 4; smUtil @ 8, 8; memUtil @ 16, 8; }
    dcgmStatSummaryFp64_t, 24, 8 { minValue @ 0, 8; maxValue @ 8, 8; average @ 16, 8; }
    dcgmStatSummaryInt32_t, 12, 4 { minValue @ 0, 4; maxValue @ 4, 4; average @ 8, 4; }
    dcgmStatSummaryInt64_t, 24, 8 { minValue @ 0, 8; maxValue @ 8, 8; average @ 16, 8; }
    dcgmGpuUsageInfo_t, 1184, 8 { gpuId @ 0, 4; energyConsumed @ 8, 8; powerUsage @ 16, 24; pcieRxBandwidth @ 40, 24; pcieTxBandwidth @ 64, 24; pcieReplays @ 88, 8; startTime @ 96, 8; endTime @ 104, 8; smUtilization @ 112, 12; memoryUtilization @ 124, 12; eccSingleBit @ 136, 4; eccDoubleBit @ 140, 4; memoryClock @ 144, 12; smClock @ 156, 12; numXidCriticalErrors @ 168, 4; xidCriticalErrorsTs @ 176, 80; numComputePids @ 256, 4; computePidInfo @ 264, 384; numGraphicsPids @ 648, 4; graphicsPidInfo @ 656, 384; maxGpuMemoryUsed @ 1040, 8; powerViolationTime @ 1048, 8; thermalViolationTime @ 1056, 8; reliabilityViolationTime @ 1064, 8; boardLimitViolationTime @ 1072, 8; lowUtilizationTime @ 1080, 8; syncBoostTime @ 1088, 8; overallHealth @ 1096, 4; incidentCount @ 1100, 4; systems @ 1104, 80; }
    dcgmGpuUsageInfo_t__bindgen_ty_1, 8, 0 { system @ 0, 4; health @ 4, 4; }
    dcgmGroupInfo_v2, 776, 4 { version @ 0, 4; count @ 4, 4; groupName @ 8, 256; entityList @ 264, 512; }
    dcgmGroupInfo_v3, 8456, 4 { version @ 0, 4; count @ 4, 4; groupName @ 8, 256; entityList @ 264, 8192; }
    dcgmGroupTopology_v1, 80, 8 { version @ 0, 4; groupCpuAffinityMask @ 8, 64; numaOptimalFlag @ 72, 4; slowestPath @ 76, 4; }
    dcgmGroupTopology_v2, 88, 8 { version @ 0, 4; groupCpuAffinityMask @ 8, 64; numaOptimalFlag @ 72, 4; slowestPath @ 80, 8; }
    dcgmIncidentInfo_t, 1044, 4 { system @ 0, 4; health @ 4, 4; error @ 8, 1028; entityInfo @ 1036, 8; }
    dcgmHealthResponse_v5, 1069068, 4 { version @ 0, 4; overallHealth @ 4, 4; incidentCount @ 8, 4; incidents @ 12, 1069056; }
    dcgmHealthSetParams_v2, 40, 8 { version @ 0, 4; groupId @ 8, 8; systems @ 16, 4; updateInterval @ 24, 8; maxKeepAge @ 32, 8; }
    dcgmHostengineHealth_v1, 8, 4 { version @ 0, 4; overallHealth @ 4, 4; }
    dcgmIntrospectCpuUtil_v1, 32, 8 { version @ 0, 4; total @ 8, 8; kernel @ 16, 8; user @ 24, 8; }
    dcgmIntrospectMemory_v1, 16, 8 { version @ 0, 4; bytesUsed @ 8, 8; }
    dcgmJobInfo_v3, 39080, 8 { version @ 0, 4; numGpus @ 4, 4; summary @ 8, 1184; gpus @ 1192, 37888; }
    dcgmMigEntityInfo_t, 148, 4 { gpuUuid @ 0, 128; nvmlGpuIndex @ 128, 4; nvmlInstanceId @ 132, 4; nvmlComputeInstanceId @ 136, 4; nvmlMigProfileId @ 140, 4; nvmlProfileSlices @ 144, 4; }
    dcgmMigHierarchyInfo_v2, 164, 4 { entity @ 0, 8; parent @ 8, 8; info @ 16, 148; }
    dcgmMigHierarchy_v2, 73480, 4 { version @ 0, 4; count @ 4, 4; entityList @ 8, 73472; }
    dcgmMnDiagEntity_v1, 276, 4 { entity @ 0, 8; hostId @ 8, 4; serialNum @ 12, 256; skuDeviceId @ 268, 5; _unusedPad1 @ 273, 3; }
    dcgmMnDiagEntityResult_v1, 20, 4 { entity @ 0, 8; result @ 8, 4; hostId @ 12, 4; testId @ 16, 4; }
    dcgmMnDiagError_v1, 540, 4 { entity @ 0, 8; hostId @ 8, 4; testId @ 12, 4; code @ 16, 4; category @ 20, 4; severity @ 24, 4; msg @ 28, 512; }
    dcgmMnDiagHosts_v1, 592, 4 { hostname @ 0, 256; dcgmVersion @ 256, 12; driverVersion @ 268, 256; numEntities @ 524, 4; entityIndices @ 528, 64; }
    dcgmMnDiagInfo_v1, 528, 4 { entity @ 0, 8; hostId @ 8, 4; testId @ 12, 4; msg @ 16, 512; }
    dcgmMnDiagTestAuxData_v1, 2052, 4 { version @ 0, 4; data @ 4, 2048; }
    dcgmMnDiagTestRun_v1, 4596, 4 { name @ 0, 32; pluginName @ 32, 32; result @ 64, 4; numErrors @ 68, 1; numInfo @ 69, 1; categoryIndex @ 70, 1; _unused1 @ 71, 1; numResults @ 72, 2; _unused2 @ 74, 2; errorIndices @ 76, 32; infoIndices @ 108, 128; resultIndices @ 236, 2304; _unused3 @ 2540, 4; auxData @ 2544, 2052; }
    dcgmMnDiagResponse_v1, 556000, 4 { version @ 0, 4; numHosts @ 4, 1; numTests @ 5, 1; numErrors @ 6, 2; numInfos @ 8, 2; numEntities @ 10, 2; numResults @ 12, 2; _unusedPad1 @ 14, 2; hosts @ 16, 42624; tests @ 42640, 18384; entities @ 61024, 317952; errors @ 378976, 17280; info @ 396256, 67584; results @ 463840, 92160; }
    dcgmModuleGetStatusesModule_t, 8, 4 { id @ 0, 4; status @ 4, 4; }
    dcgmModuleGetStatuses_v1, 136, 4 { version @ 0, 4; numStatuses @ 4, 4; statuses @ 8, 128; }
    dcgmModulesReloadable_v1, 8, 4 { version @ 0, 4; moduleMask @ 4, 4; }
    dcgmNvLinkGpuLinkP2PStatus_v1, 132, 4 { entityId @ 0, 4; linkStatus @ 4, 128; }
    dcgmNvLinkGpuLinkStatus_v1, 28, 4 { entityId @ 0, 4; linkState @ 4, 24; }
    dcgmNvLinkGpuLinkStatus_v2, 52, 4 { entityId @ 0, 4; linkState @ 4, 48; }
    dcgmNvLinkGpuLinkStatus_v3, 76, 4 { entityId @ 0, 4; linkState @ 4, 72; }
    dcgmNvLinkGpuLinkStatus_v4, 148, 4 { entityId @ 0, 4; linkState @ 4, 144; }
    dcgmNvLinkNvSwitchLinkStatus_t, 1028, 4 { entityId @ 0, 4; linkState @ 4, 1024; }
    dcgmNvLinkP2PStatus_v1, 4232, 4 { version @ 0, 4; numGpus @ 4, 4; gpus @ 8, 4224; }
    dcgmNvLinkStatus_v4, 14780, 4 { version @ 0, 4; numGpus @ 4, 4; gpus @ 8, 2432; numNvSwitches @ 2440, 4; nvSwitches @ 2444, 12336; }
    dcgmNvLinkStatus_v5, 17084, 4 { version @ 0, 4; numGpus @ 4, 4; gpus @ 8, 4736; numNvSwitches @ 4744, 4; nvSwitches @ 4748, 12336; }
    dcgmPidSingleInfo_t, 536, 8 { gpuId @ 0, 4; energyConsumed @ 8, 8; pcieRxBandwidth @ 16, 24; pcieTxBandwidth @ 40, 24; pcieReplays @ 64, 8; startTime @ 72, 8; endTime @ 80, 8; processUtilization @ 88, 24; smUtilization @ 112, 12; memoryUtilization @ 124, 12; eccSingleBit @ 136, 4; eccDoubleBit @ 140, 4; memoryClock @ 144, 12; smClock @ 156, 12; numXidCriticalErrors @ 168, 4; xidCriticalErrorsTs @ 176, 80; numOtherComputePids @ 256, 4; otherComputePids @ 260, 64; numOtherGraphicsPids @ 324, 4; otherGraphicsPids @ 328, 64; maxGpuMemoryUsed @ 392, 8; powerViolationTime @ 400, 8; thermalViolationTime @ 408, 8; reliabilityViolationTime @ 416, 8; boardLimitViolationTime @ 424, 8; lowUtilizationTime @ 432, 8; syncBoostTime @ 440, 8; overallHealth @ 448, 4; incidentCount @ 452, 4; systems @ 456, 80; }
    dcgmPidSingleInfo_t__bindgen_ty_1, 8, 0 { system @ 0, 4; health @ 4, 4; }
    dcgmPidInfo_v2, 17704, 8 { version @ 0, 4; pid @ 4, 4; unused @ 8, 4; numGpus @ 12, 4; summary @ 16, 536; gpus @ 552, 17152; }
    dcgmPolicyConditionParams_t, 16, 8 { tag @ 0, 4; val @ 8, 8; val.boolean @ 8, 4; val.llval @ 8, 8; }
    dcgmPolicy_v1, 144, 8 { version @ 0, 4; condition @ 4, 4; mode @ 8, 4; isolation @ 12, 4; action @ 16, 4; validation @ 20, 4; response @ 24, 4; parms @ 32, 112; }
    dcgmPolicyConditionDbe_t, 16, 8 { timestamp @ 0, 8; location @ 8, 4; numerrors @ 12, 4; }
    dcgmPolicyConditionMpr_t, 16, 8 { timestamp @ 0, 8; sbepages @ 8, 4; dbepages @ 12, 4; }
    dcgmPolicyConditionNvlink_t, 16, 8 { timestamp @ 0, 8; fieldId @ 8, 2; counter @ 12, 4; }
    dcgmPolicyConditionPci_t, 16, 8 { timestamp @ 0, 8; counter @ 8, 4; }
    dcgmPolicyConditionPower_t, 16, 8 { timestamp @ 0, 8; powerViolation @ 8, 4; }
    dcgmPolicyConditionThermal_t, 16, 8 { timestamp @ 0, 8; thermalViolation @ 8, 4; }
    dcgmPolicyConditionXID_t, 16, 8 { timestamp @ 0, 8; errnum @ 8, 4; }
    dcgmPolicyCallbackResponse_v2, 32, 8 { version @ 0, 4; condition @ 4, 4; val @ 8, 16; val.dbe @ 8, 16; val.pci @ 8, 16; val.mpr @ 8, 16; val.thermal @ 8, 16; val.power @ 8, 16; val.nvlink @ 8, 16; val.xid @ 8, 16; gpuId @ 24, 4; }
    dcgmPolicyViolation_v1, 16, 4 { version @ 0, 4; notifyOnEccDbe @ 4, 4; notifyOnPciEvent @ 8, 4; notifyOnMaxRetiredPages @ 12, 4; }
    dcgmPolicyViolationNotify_t, 8, 4 { gpuId @ 0, 4; violationOccurred @ 4, 4; }
    dcgmProcessUtilSample_t, 16, 8 { util @ 0, 8; pid @ 8, 4; }
    dcgmProfMetricGroupInfo_v2, 136, 4 { majorId @ 0, 2; minorId @ 2, 2; numFieldIds @ 4, 4; fieldIds @ 8, 128; }
    dcgmProfGetMetricGroups_v3, 1376, 4 { version @ 0, 4; unused @ 4, 4; gpuId @ 8, 4; numMetricGroups @ 12, 4; metricGroups @ 16, 1360; }
    dcgmRunDiag_v10, 119272, 8 { version @ 0, 4; flags @ 4, 4; debugLevel @ 8, 4; groupId @ 16, 8; validate @ 24, 4; testNames @ 28, 1000; testParms @ 1028, 105000; fakeGpuList @ 106028, 50; debugLogFile @ 106078, 128; statsPath @ 106206, 128; configFileContents @ 106334, 10000; clocksEventMask @ 116334, 50; pluginPath @ 116384, 128; currentIteration @ 116512, 4; totalIterations @ 116516, 4; timeoutSeconds @ 116520, 4; _unusedBuf @ 116524, 128; failCheckInterval @ 116652, 4; expectedNumEntities @ 116656, 50; entityIds @ 116706, 2048; watchFrequency @ 118756, 4; ignoreErrorCodes @ 118760, 512; }
    dcgmRunDiag_v7, 21712, 8 { version @ 0, 4; flags @ 4, 4; debugLevel @ 8, 4; groupId @ 16, 8; validate @ 24, 4; testNames @ 28, 1000; testParms @ 1028, 10000; fakeGpuList @ 11028, 50; gpuList @ 11078, 50; debugLogFile @ 11128, 128; statsPath @ 11256, 128; configFileContents @ 11384, 10000; clocksEventMask @ 21384, 50; pluginPath @ 21434, 128; currentIteration @ 21564, 4; totalIterations @ 21568, 4; timeoutSeconds @ 21572, 4; _unusedBuf @ 21576, 128; failCheckInterval @ 21704, 4; }
    dcgmRunDiag_v8, 116760, 8 { version @ 0, 4; flags @ 4, 4; debugLevel @ 8, 4; groupId @ 16, 8; validate @ 24, 4; testNames @ 28, 1000; testParms @ 1028, 105000; fakeGpuList @ 106028, 50; gpuList @ 106078, 50; debugLogFile @ 106128, 128; statsPath @ 106256, 128; configFileContents @ 106384, 10000; clocksEventMask @ 116384, 50; pluginPath @ 116434, 128; currentIteration @ 116564, 4; totalIterations @ 116568, 4; timeoutSeconds @ 116572, 4; _unusedBuf @ 116576, 128; failCheckInterval @ 116704, 4; expectedNumEntities @ 116708, 50; }
    dcgmRunDiag_v9, 118760, 8 { version @ 0, 4; flags @ 4, 4; debugLevel @ 8, 4; groupId @ 16, 8; validate @ 24, 4; testNames @ 28, 1000; testParms @ 1028, 105000; fakeGpuList @ 106028, 50; debugLogFile @ 106078, 128; statsPath @ 106206, 128; configFileContents @ 106334, 10000; clocksEventMask @ 116334, 50; pluginPath @ 116384, 128; currentIteration @ 116512, 4; totalIterations @ 116516, 4; timeoutSeconds @ 116520, 4; _unusedBuf @ 116524, 128; failCheckInterval @ 116652, 4; expectedNumEntities @ 116656, 50; entityIds @ 116706, 2048; watchFrequency @ 118756, 4; }
    dcgmRunMnDiag_v1, 123692, 4 { version @ 0, 4; hostList @ 4, 18432; testName @ 18436, 256; testParms @ 18692, 105000; }
    dcgmRunningProcess_v1, 16, 8 { version @ 0, 4; pid @ 4, 4; memoryUsed @ 8, 8; }
    dcgmSetNvLinkLinkState_v1, 24, 4 { version @ 0, 4; entityGroupId @ 4, 4; entityId @ 8, 4; linkId @ 12, 4; linkState @ 16, 4; unused @ 20, 4; }
    dcgmSettingsSetLoggingSeverity_v1, 8, 4 { targetLogger @ 0, 4; targetSeverity @ 4, 4; }
    dcgmSettingsSetLoggingSeverity_v2, 12, 4 { version @ 0, 4; targetLogger @ 4, 4; targetSeverity @ 8, 4; }
    dcgmStartEmbeddedV2Params_v1, 72, 8 { version @ 0, 4; opMode @ 4, 4; dcgmHandle @ 8, 8; logFile @ 16, 8; severity @ 24, 4; denyListCount @ 28, 4; denyList @ 32, 40; }
    dcgmStartEmbeddedV2Params_v2, 80, 8 { version @ 0, 4; opMode @ 4, 4; dcgmHandle @ 8, 8; logFile @ 16, 8; severity @ 24, 4; denyListCount @ 28, 4; serviceAccount @ 32, 8; denyList @ 40, 40; }
    dcgmStartEmbeddedV2Params_v3, 104, 8 { version @ 0, 4; opMode @ 4, 4; dcgmHandle @ 8, 8; logFile @ 16, 8; severity @ 24, 4; denyListCount @ 28, 4; serviceAccount @ 32, 8; denyList @ 40, 64; }
    dcgmTopologyElement_v1, 20, 4 { dcgmGpuA @ 0, 4; dcgmGpuB @ 4, 4; AtoBNvLinkIds @ 8, 4; BtoANvLinkIds @ 12, 4; path @ 16, 4; }
    dcgmTopology_v1, 9928, 4 { version @ 0, 4; numElements @ 4, 4; element @ 8, 9920; }
    dcgmTopologyElement_v2, 32, 8 { dcgmGpuA @ 0, 4; dcgmGpuB @ 4, 4; AtoBNvLinkIds @ 8, 8; BtoANvLinkIds @ 16, 8; path @ 24, 8; }
    dcgmTopology_v2, 15880, 8 { version @ 0, 4; numElements @ 4, 4; element @ 8, 15872; }
    dcgmTopoSchedHint_v1, 32, 8 { version @ 0, 4; inputGpuIds @ 8, 8; numGpus @ 16, 4; hintFlags @ 24, 8; }
    dcgmVersionInfo_v2, 516, 4 { version @ 0, 4; rawBuildInfoString @ 4, 512; }
    dcgmVgpuConfig_v1, 40, 4 { version @ 0, 4; gpuId @ 4, 4; eccMode @ 8, 4; computeMode @ 12, 4; perfState @ 16, 16; powerLimit @ 32, 8; }
    dcgmVgpuDeviceAttributes_v6, 10528, 4 { version @ 0, 4; activeVgpuInstanceCount @ 4, 4; activeVgpuInstanceIds @ 8, 128; creatableVgpuTypeCount @ 136, 4; creatableVgpuTypeIds @ 140, 128; supportedVgpuTypeCount @ 268, 4; supportedVgpuTypeInfo @ 272, 9472; vgpuUtilInfo @ 9744, 768; gpuUtil @ 10512, 4; memCopyUtil @ 10516, 4; encUtil @ 10520, 4; decUtil @ 10524, 4; }
    dcgmVgpuDeviceAttributes_v7, 10656, 4 { version @ 0, 4; activeVgpuInstanceCount @ 4, 4; activeVgpuInstanceIds @ 8, 128; creatableVgpuTypeCount @ 136, 4; creatableVgpuTypeIds @ 140, 128; supportedVgpuTypeCount @ 268, 4; supportedVgpuTypeInfo @ 272, 9600; vgpuUtilInfo @ 9872, 768; gpuUtil @ 10640, 4; memCopyUtil @ 10644, 4; encUtil @ 10648, 4; decUtil @ 10652, 4; }
    dcgmVgpuInstanceAttributes_v1, 340, 4 { version @ 0, 4; vmId @ 4, 80; vmName @ 84, 80; vgpuTypeId @ 164, 4; vgpuUuid @ 168, 80; vgpuDriverVersion @ 248, 80; fbUsage @ 328, 4; licenseStatus @ 332, 4; frameRateLimit @ 336, 4; }
    dcgmWorkloadPowerProfile_v1, 56, 8 { version @ 0, 4; groupId @ 8, 8; action @ 16, 4; profileMask @ 20, 32; }
    dcgmWorkloadPowerProfileInfo_v1, 44, 4 { version @ 0, 4; profileId @ 4, 4; priority @ 8, 4; conflictingMask @ 12, 32; }
    dcgmWorkloadPowerProfileProfilesInfo_v1, 11228, 4 { version @ 0, 4; workloadPowerProfile @ 4, 11220; profileCount @ 11224, 4; }
    dcgm_policy_violation_t, 568, 8 { policyId @ 0, 8; policyName @ 8, 256; fieldName @ 264, 256; fieldId @ 520, 2; entity @ 524, 8; currentValue @ 536, 8; thresholdValue @ 544, 8; policyOperator @ 552, 4; channelMask @ 556, 4; timestamp @ 560, 8; }
    dcgmMnDiagTestRun_v2, 20720, 4 { name @ 0, 32; pluginName @ 32, 32; result @ 64, 4; numErrors @ 68, 1; numInfo @ 69, 1; categoryIndex @ 70, 1; _unused1 @ 71, 1; numResults @ 72, 2; _unused2 @ 74, 2; errorIndices @ 76, 32; infoIndices @ 108, 128; resultIndices @ 236, 18432; auxData @ 18668, 2052; }
    dcgmMnDiagResponse_v2, 3789648, 4 { version @ 0, 4; numHosts @ 4, 2; numTests @ 6, 1; _unusedPad1 @ 7, 1; numErrors @ 8, 2; numInfos @ 10, 2; numEntities @ 12, 2; numResults @ 14, 2; hosts @ 16, 340992; tests @ 341008, 82880; entities @ 423888, 2543616; errors @ 2967504, 17280; info @ 2984784, 67584; results @ 3052368, 737280; }
    dcgmPolicyInfo_v1, 600, 8 { version @ 0, 4; policyId @ 8, 8; fieldId @ 16, 2; name @ 18, 256; currentValue @ 280, 8; threshold @ 288, 8; policyOperator @ 296, 4; entities @ 300, 256; entityCount @ 556, 4; channelMask @ 560, 4; state @ 564, 4; rateLimitSec @ 568, 4; createdAt @ 576, 8; violationCount @ 584, 4; lastTriggeredTimestamp @ 592, 8; }
    dcgmPolicySpec_v1, 552, 8 { version @ 0, 4; fieldId @ 4, 2; name @ 6, 256; threshold @ 264, 8; policyOperator @ 272, 4; entities @ 276, 256; entityCount @ 532, 4; channelMask @ 536, 4; state @ 540, 4; rateLimitSec @ 544, 4; }
    dcgmRunMnDiag_v2, 252716, 4 { version @ 0, 4; hostList @ 4, 147456; testName @ 147460, 256; testParms @ 147716, 105000; }
    dcgmHealthResponse_v4, 66828, 4 { version @ 0, 4; overallHealth @ 4, 4; incidentCount @ 8, 4; incidents @ 12, 66816; }
    dcgmNvLinkNvSwitchLinkStatus_3_3_t, 260, 4 { entityId @ 0, 4; linkState @ 4, 256; }
    dcgmNvLinkStatus_v3, 5564, 4 { version @ 0, 4; numGpus @ 4, 4; gpus @ 8, 2432; numNvSwitches @ 2440, 4; nvSwitches @ 2444, 3120; }
    dcgmPolicyCallbackResponse_v1, 24, 8 { version @ 0, 4; condition @ 4, 4; val @ 8, 16; val.dbe @ 8, 16; val.pci @ 8, 16; val.mpr @ 8, 16; val.thermal @ 8, 16; val.power @ 8, 16; val.nvlink @ 8, 16; val.xid @ 8, 16; }
    dcgmProfUnwatchFields_v1, 24, 8 { version @ 0, 4; groupId @ 8, 8; flags @ 16, 4; }
    dcgmProfWatchFields_v2, 176, 8 { version @ 0, 4; groupId @ 8, 8; numFieldIds @ 16, 4; fieldIds @ 20, 128; updateFreq @ 152, 8; maxKeepAge @ 160, 8; maxKeepSamples @ 168, 4; flags @ 172, 4; }
}
