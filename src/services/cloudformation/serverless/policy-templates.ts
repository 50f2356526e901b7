/**
 * The policy templates of SAM, in a notation of our own. A name; then its statements, each `- actions on resources`:
 * an action without a service has that of the one before; `service:rest` is an ARN in this region and account, or in none
 * where the rest begins with a colon; several resources, or those in brackets, are a list; `just` stands before an action
 * that is no list; `if` before a condition. A variable `{tableName}` is the parameter TableName, if none is named.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
 */
export const POLICY_TEMPLATES = `
AMIDescribePolicy
  - ec2:DescribeImages on *
AWSSecretsManagerGetSecretValuePolicy
  - secretsmanager:GetSecretValue on {secretArn}
AWSSecretsManagerRotationPolicy
  - secretsmanager:DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage on secretsmanager:secret:* if StringEquals
    secretsmanager:resource/AllowRotationLambdaArn lambda:function:{functionName}
  - secretsmanager:GetRandomPassword on *
AcmGetCertificatePolicy
  - acm:GetCertificate on {certificateArn}
AthenaQueryPolicy
  - athena:ListWorkGroups GetExecutionEngine GetExecutionEngines GetNamespace GetCatalogs GetNamespaces GetTables GetTable on *
  - athena:StartQueryExecution GetQueryResults DeleteNamedQuery GetNamedQuery ListQueryExecutions StopQueryExecution
    GetQueryResultsStream ListNamedQueries CreateNamedQuery GetQueryExecution BatchGetNamedQuery BatchGetQueryExecution GetWorkGroup
    on athena:workgroup/{workgroupName=WorkGroupName}
CloudFormationDescribeStacksPolicy
  - cloudformation:DescribeStacks on cloudformation:stack/*
CloudWatchDashboardPolicy
  - cloudwatch:GetDashboard ListDashboards PutDashboard ListMetrics on *
CloudWatchDescribeAlarmHistoryPolicy
  - cloudwatch:DescribeAlarmHistory on *
CloudWatchPutMetricPolicy
  - cloudwatch:PutMetricData on *
CodeCommitCrudPolicy
  - codecommit:GitPull GitPush CreateBranch DeleteBranch GetBranch ListBranches MergeBranchesByFastForward MergeBranchesBySquash
    MergeBranchesByThreeWay UpdateDefaultBranch BatchDescribeMergeConflicts CreateUnreferencedMergeCommit DescribeMergeConflicts
    GetMergeCommit GetMergeOptions BatchGetPullRequests CreatePullRequest DescribePullRequestEvents GetCommentsForPullRequest
    GetCommitsFromMergeBase GetMergeConflicts GetPullRequest ListPullRequests MergePullRequestByFastForward MergePullRequestBySquash
    MergePullRequestByThreeWay PostCommentForPullRequest UpdatePullRequestDescription UpdatePullRequestStatus UpdatePullRequestTitle
    DeleteFile GetBlob GetFile GetFolder PutFile DeleteCommentContent GetComment GetCommentsForComparedCommit
    PostCommentForComparedCommit PostCommentReply UpdateComment BatchGetCommits CreateCommit GetCommit GetCommitHistory
    GetDifferences GetObjectIdentifier GetReferences GetTree GetRepository UpdateRepositoryDescription ListTagsForResource
    TagResource UntagResource GetRepositoryTriggers PutRepositoryTriggers TestRepositoryTriggers GetBranch GetCommit UploadArchive
    GetUploadArchiveStatus CancelUploadArchive on codecommit:{repositoryName}
CodeCommitReadPolicy
  - codecommit:GitPull GetBranch ListBranches BatchDescribeMergeConflicts DescribeMergeConflicts GetMergeCommit GetMergeOptions
    BatchGetPullRequests DescribePullRequestEvents GetCommentsForPullRequest GetCommitsFromMergeBase GetMergeConflicts
    GetPullRequest ListPullRequests GetBlob GetFile GetFolder GetComment GetCommentsForComparedCommit BatchGetCommits GetCommit
    GetCommitHistory GetDifferences GetObjectIdentifier GetReferences GetTree GetRepository ListTagsForResource
    GetRepositoryTriggers TestRepositoryTriggers GetBranch GetCommit GetUploadArchiveStatus on codecommit:{repositoryName}
CodePipelineLambdaExecutionPolicy
  - codepipeline:PutJobSuccessResult PutJobFailureResult on *
CodePipelineReadOnlyPolicy
  - codepipeline:ListPipelineExecutions on codepipeline:{pipelinename=PipelineName}
ComprehendBasicAccessPolicy
  - comprehend:BatchDetectKeyPhrases DetectDominantLanguage DetectEntities BatchDetectEntities DetectKeyPhrases DetectSentiment
    BatchDetectDominantLanguage BatchDetectSentiment on *
CostExplorerReadOnlyPolicy
  - ce:GetCostAndUsage GetDimensionValues GetReservationCoverage GetReservationPurchaseRecommendation GetReservationUtilization
    GetTags on *
DynamoDBBackupFullAccessPolicy
  - dynamodb:CreateBackup DescribeContinuousBackups on dynamodb:table/{tableName}
  - dynamodb:DeleteBackup DescribeBackup ListBackups on dynamodb:table/{tableName}/backup/*
DynamoDBCrudPolicy
  - dynamodb:GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable ConditionCheckItem on
    dynamodb:table/{tableName}, dynamodb:table/{tableName}/index/*
DynamoDBReadPolicy
  - dynamodb:GetItem Scan Query BatchGetItem DescribeTable on dynamodb:table/{tableName}, dynamodb:table/{tableName}/index/*
DynamoDBReconfigurePolicy
  - dynamodb:UpdateTable on dynamodb:table/{tableName}
DynamoDBRestoreFromBackupPolicy
  - dynamodb:RestoreTableFromBackup on dynamodb:table/{tableName}/backup/*
  - dynamodb:PutItem UpdateItem DeleteItem GetItem Query Scan BatchWriteItem on dynamodb:table/{tableName}
DynamoDBStreamReadPolicy
  - dynamodb:DescribeStream GetRecords GetShardIterator on dynamodb:table/{tableName}/stream/{streamName}
  - dynamodb:ListStreams on dynamodb:table/{tableName}/stream/*
DynamoDBWritePolicy
  - dynamodb:PutItem UpdateItem BatchWriteItem on dynamodb:table/{tableName}, dynamodb:table/{tableName}/index/*
EC2CopyImagePolicy
  - ec2:CopyImage on ec2:image/{imageId}
EC2DescribePolicy
  - ec2:DescribeRegions DescribeInstances on *
EFSWriteAccessPolicy
  - elasticfilesystem:ClientMount ClientWrite on elasticfilesystem:file-system/{FileSystem} if StringEquals
    elasticfilesystem:AccessPointArn elasticfilesystem:access-point/{AccessPoint}
EKSDescribePolicy
  - eks:DescribeCluster ListClusters on *
EcsRunTaskPolicy
  - ecs:RunTask on ecs:task-definition/{taskDefinition}
ElasticMapReduceAddJobFlowStepsPolicy
  - just elasticmapreduce:AddJobFlowSteps on elasticmapreduce:cluster/{clusterId}
ElasticMapReduceCancelStepsPolicy
  - just elasticmapreduce:CancelSteps on elasticmapreduce:cluster/{clusterId}
ElasticMapReduceModifyInstanceFleetPolicy
  - elasticmapreduce:ModifyInstanceFleet ListInstanceFleets on elasticmapreduce:cluster/{clusterId}
ElasticMapReduceModifyInstanceGroupsPolicy
  - elasticmapreduce:ModifyInstanceGroups ListInstanceGroups on elasticmapreduce:cluster/{clusterId}
ElasticMapReduceSetTerminationProtectionPolicy
  - just elasticmapreduce:SetTerminationProtection on elasticmapreduce:cluster/{clusterId}
ElasticMapReduceTerminateJobFlowsPolicy
  - just elasticmapreduce:TerminateJobFlows on elasticmapreduce:cluster/{clusterId}
ElasticsearchHttpPostPolicy
  - es:ESHttpPost ESHttpPut on es:domain/{domainName}/*
EventBridgePutEventsPolicy
  - just events:PutEvents on events:event-bus/{eventBusName}
FilterLogEventsPolicy
  - logs:FilterLogEvents on logs:log-group:{logGroupName}:log-stream:*
FirehoseCrudPolicy
  - firehose:CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream PutRecord PutRecordBatch UpdateDestination on
    firehose:deliverystream/{deliveryStreamName}
FirehoseWritePolicy
  - firehose:PutRecord PutRecordBatch on firehose:deliverystream/{deliveryStreamName}
KMSDecryptPolicy
  - just kms:Decrypt on kms:key/{keyId}
KMSEncryptPolicy
  - just kms:Encrypt on kms:key/{keyId}
KMSEncryptPolicy_v2
  - kms:Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext on
    kms:key/{keyId}
KinesisCrudPolicy
  - kinesis:AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary
    GetShardIterator IncreaseStreamRetentionPeriod ListTagsForStream MergeShards PutRecord PutRecords SplitShard
    RemoveTagsFromStream on kinesis:stream/{streamName}
KinesisStreamReadPolicy
  - kinesis:ListStreams DescribeLimits on kinesis:stream/*
  - kinesis:DescribeStream DescribeStreamSummary GetRecords GetShardIterator on kinesis:stream/{streamName}
LambdaInvokePolicy
  - lambda:InvokeFunction on lambda:function:{functionName}*
MobileAnalyticsWriteOnlyAccessPolicy
  - mobileanalytics:PutEvents on *
OrganizationsListAccountsPolicy
  - organizations:ListAccounts on *
PinpointEndpointAccessPolicy
  - mobiletargeting:GetEndpoint UpdateEndpoint UpdateEndpointsBatch on mobiletargeting:apps/{pinpointApplicationId}/endpoints/*
PollyFullAccessPolicy
  - polly:GetLexicon DeleteLexicon on [polly:lexicon/{lexiconName}]
  - polly:DescribeVoices ListLexicons PutLexicon SynthesizeSpeech on [polly:lexicon/*]
RekognitionDetectOnlyPolicy
  - rekognition:DetectFaces DetectLabels DetectModerationLabels DetectText on *
RekognitionFacesManagementPolicy
  - rekognition:IndexFaces DeleteFaces SearchFaces SearchFacesByImage ListFaces on rekognition:collection/{collectionId}
RekognitionFacesPolicy
  - rekognition:CompareFaces DetectFaces on *
RekognitionLabelsPolicy
  - rekognition:DetectLabels DetectModerationLabels on *
RekognitionNoDataAccessPolicy
  - rekognition:CompareFaces DetectFaces DetectLabels DetectModerationLabels on rekognition:collection/{collectionId}
RekognitionReadPolicy
  - rekognition:ListCollections ListFaces SearchFaces SearchFacesByImage on rekognition:collection/{collectionId}
RekognitionWriteOnlyAccessPolicy
  - rekognition:CreateCollection IndexFaces on rekognition:collection/{collectionId}
Route53ChangeResourceRecordSetsPolicy
  - route53:ChangeResourceRecordSets on route53:::hostedzone/{HostedZoneId}
S3CrudPolicy
  - s3:GetObject ListBucket GetBucketLocation GetObjectVersion PutObject PutObjectAcl GetLifecycleConfiguration
    PutLifecycleConfiguration DeleteObject on s3:::{bucketName}, s3:::{bucketName}/*
S3FullAccessPolicy
  - s3:GetObject GetObjectAcl GetObjectVersion PutObject PutObjectAcl DeleteObject DeleteObjectTagging DeleteObjectVersionTagging
    GetObjectTagging GetObjectVersionTagging PutObjectTagging PutObjectVersionTagging on [s3:::{bucketName}/*]
  - s3:ListBucket GetBucketLocation GetLifecycleConfiguration PutLifecycleConfiguration on [s3:::{bucketName}]
S3ReadPolicy
  - s3:GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration on s3:::{bucketName}, s3:::{bucketName}/*
S3WritePolicy
  - s3:PutObject PutObjectAcl PutLifecycleConfiguration on s3:::{bucketName}, s3:::{bucketName}/*
SESBulkTemplatedCrudPolicy
  - ses:GetIdentityVerificationAttributes SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail VerifyEmailIdentity on
    ses:identity/{identityName}
SESBulkTemplatedCrudPolicy_v2
  - ses:SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail on ses:identity/{identityName},
    ses:template/{templateName}
  - ses:GetIdentityVerificationAttributes VerifyEmailIdentity on *
SESCrudPolicy
  - ses:GetIdentityVerificationAttributes SendEmail SendRawEmail VerifyEmailIdentity on ses:identity/{identityName}
SESEmailTemplateCrudPolicy
  - ses:CreateTemplate GetTemplate ListTemplates UpdateTemplate DeleteTemplate TestRenderTemplate on *
SESSendBouncePolicy
  - ses:SendBounce on ses:identity/{identityName}
SNSCrudPolicy
  - sns:ListSubscriptionsByTopic CreateTopic SetTopicAttributes Subscribe Publish on sns:{topicName}*
SNSPublishMessagePolicy
  - sns:Publish on sns:{topicName}
SQSPollerPolicy
  - sqs:ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes ReceiveMessage on
    sqs:{queueName}
SQSSendMessagePolicy
  - sqs:SendMessage* on sqs:{queueName}
SSMParameterReadPolicy
  - ssm:DescribeParameters on *
  - ssm:GetParameters GetParameter GetParametersByPath on ssm:parameter/{parameterName}
SSMParameterWithSlashPrefixReadPolicy
  - ssm:DescribeParameters on *
  - ssm:GetParameters GetParameter GetParametersByPath on ssm:parameter{parameterName}
SageMakerCreateEndpointConfigPolicy
  - sagemaker:CreateEndpointConfig on sagemaker:endpoint-config/{endpointConfigName}
SageMakerCreateEndpointPolicy
  - sagemaker:CreateEndpoint on sagemaker:endpoint/{endpointName}
ServerlessRepoReadWriteAccessPolicy
  - serverlessrepo:CreateApplication CreateApplicationVersion UpdateApplication GetApplication ListApplications
    ListApplicationVersions ListApplicationDependencies on [serverlessrepo:applications/*]
StepFunctionsCallbackPolicy
  - states:SendTaskFailure SendTaskHeartbeat SendTaskSuccess on states:stateMachine:{stateMachineName}
StepFunctionsExecutionPolicy
  - states:StartExecution on states:stateMachine:{stateMachineName}
StepFunctionsExecutionPolicy_v2
  - states:StartExecution StartSyncExecution on states:stateMachine:{stateMachineName}
TextractDetectAnalyzePolicy
  - textract:DetectDocumentText StartDocumentTextDetection StartDocumentAnalysis AnalyzeDocument on *
TextractGetResultPolicy
  - textract:GetDocumentTextDetection GetDocumentAnalysis on *
TextractPolicy
  - textract:* on *
VPCAccessPolicy
  - ec2:CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DetachNetworkInterface on *
`;
