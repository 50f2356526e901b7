# Where documents are uploaded to.

module "documents" {
  source = "./modules/private-bucket"

  name_prefix = "${var.name}-"
  kms_key_arn = aws_kms_key.documents.arn
  expire      = var.keep_days > 0 ? { "incoming/" = var.keep_days } : {}
}

resource "aws_s3_bucket_cors_configuration" "documents" {
  bucket = module.documents.name

  cors_rule {
    allowed_methods = ["PUT"]
    allowed_origins = ["https://example.com"]
    allowed_headers = ["*"]
    max_age_seconds = 3000
  }
}

resource "aws_s3_bucket_notification" "documents" {
  bucket = module.documents.name

  topic {
    id            = "arrived"
    topic_arn     = aws_sns_topic.arrived.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "incoming/"
  }

  # S3 asks the topic first whether it may.
  depends_on = [aws_sns_topic_policy.arrived]
}

resource "aws_s3_object" "terms" {
  bucket        = module.documents.name
  key           = "public/terms.txt"
  content       = var.keep_days > 0 ? "We keep your documents for ${var.keep_days} days.\n" : "We keep your documents.\n"
  content_type  = "text/plain; charset=utf-8"
  cache_control = "max-age=3600"
}

# Hosts of ours that upload documents are given this profile.

data "aws_iam_policy_document" "uploader_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "uploader" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${module.documents.arn}/incoming/*"]
  }

  statement {
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.documents.arn]
  }
}

resource "aws_iam_role" "uploader" {
  name_prefix        = "${var.name}-uploader-"
  assume_role_policy = data.aws_iam_policy_document.uploader_trust.json
}

resource "aws_iam_role_policy" "uploader" {
  name   = "upload"
  role   = aws_iam_role.uploader.id
  policy = data.aws_iam_policy_document.uploader.json
}

resource "aws_iam_instance_profile" "uploader" {
  name = aws_iam_role.uploader.name
  role = aws_iam_role.uploader.name
}
